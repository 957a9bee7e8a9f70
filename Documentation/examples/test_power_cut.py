# SPDX-License-Identifier: GPL-2.0-only
"""
Fixtures for pytest, and two tests of what fsync promises. Run as root:

    BLKDEBUG_TEST_DEVICE=/dev/vdb pytest test_power_cut.py

The content of the device is lost.
"""

import os
import subprocess
import threading

import pytest

import blkdebug


@pytest.fixture(name='disk')
def make_disk():
    """A disk with a volatile write cache."""
    below = os.environ.get('BLKDEBUG_TEST_DEVICE')
    if not below:
        pytest.skip('BLKDEBUG_TEST_DEVICE is not set')
    with blkdebug.Device.create('pytest', below, cache='64M', seed=1) as device:
        yield device


class FileSystem:
    """An ext4 on a disk, mounted at a path."""

    def __init__(self, disk, path):
        self.disk = disk
        self.path = path
        subprocess.run(['mkfs.ext4', '-q', '-F', disk.path], check=True)
        self.mount(disk)

    def mount(self, device):
        subprocess.run(['mount', device.path, self.path], check=True)

    def unmount(self):
        subprocess.run(['umount', self.path], check=True)

    def write_durably(self, name, text):
        """Write a file; it and its name are durable when this returns."""
        with open(self.path / name, 'w', encoding='ascii') as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        directory = os.open(self.path, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)


@pytest.fixture(name='ext4')
def make_ext4(disk, tmp_path):
    file_system = FileSystem(disk, tmp_path)
    yield file_system
    if os.path.ismount(tmp_path):
        file_system.unmount()


def test_fsync_survives_a_cut(ext4):
    ext4.write_durably('file', 'promised')
    ext4.disk.power_cut('survive=none')
    ext4.unmount()
    ext4.disk.power_on()
    ext4.mount(ext4.disk)
    assert (ext4.path / 'file').read_text() == 'promised'


def test_old_version_survives_until_the_flush(ext4):
    """Stop the second fsync at its first flush and look at what a cut then would leave."""
    ext4.write_durably('file', 'old')
    with ext4.disk.breakpoint('flush_to_disk', 'before-flush') as stop:
        writer = threading.Thread(target=ext4.write_durably, args=('file', 'new'))
        writer.start()
        stop.wait()
        view = ext4.disk.view('pytest-view', 'survive=none')
    writer.join()
    ext4.unmount()
    with view:
        ext4.mount(view)
        try:
            assert (ext4.path / 'file').read_text() in ('old', '', 'new')
        finally:
            ext4.unmount()
