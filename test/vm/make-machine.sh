#!/usr/bin/env bash
# Makes the machine that `make test-vm` throws away after each run: Debian 12 with its own kernel, from Debian's packages only.
#   make-machine.sh DIRECTORY   leaves kernel, initrd and root.ext4 there; what has been made stays until this script or containers.cil changes
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"
made=$(cat "$here/make-machine.sh" "$here/containers.cil" | sha256sum | cut -c 1-16)
[ "$(cat made 2>/dev/null)" != "$made" ] || exit 0

# What the system tests use, and what this machine is for: AppArmor, SELinux, an NFS server, a systemd.
packages=(
  apparmor btrfs-progs busybox-static bzip2 ca-certificates crun curl dbus dbus-daemon dnsmasq-base docker-registry e2fsprogs gcc git
  iproute2 iptables kmod libc6-dev make nfs-common nfs-kernel-server nftables openssh-client openssl policycoreutils procps
  python3-minimal rsyslog runc selinux-policy-default selinux-utils systemd systemd-sysv tmux xfsprogs xz-utils zstd
)
command -v qemu-system-x86_64 >/dev/null && command -v debootstrap >/dev/null || {
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends qemu-system-x86 debootstrap >/dev/null
}

rm -rf root initrd.d kernel.d
echo "vm: installing Debian 12 into an image of its own (once)"
mkdir -p packages
debootstrap --variant=minbase --cache-dir="$PWD/packages" --include="$(IFS=,; echo "${packages[*]}")" bookworm root >debootstrap.log 2>&1 ||
  { tail -n 5 debootstrap.log >&2; exit 1; }
rm -rf root/var/cache/apt/archives/*.deb root/var/lib/apt/lists/* root/usr/share/{doc,man,locale}

kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-6\.1.*\)/\1/p')
(cd packages && apt-get -o APT::Sandbox::User=root download -qq "$kernel")
dpkg-deb -x packages/"$kernel"_*.deb kernel.d
version=${kernel#linux-image-}
cp "kernel.d/boot/vmlinuz-$version" kernel
cp -r kernel.d/lib/modules root/lib/
chroot root depmod "$version"

# For a boot with SELinux: what Debian's policy lacks for containers, and the label of every file.
cp "$here/containers.cil" root/root/
unshare -m --propagation private sh -ec '
  mount -t proc proc root/proc
  chroot root semodule -n -s default -i /root/containers.cil
  chroot root setfiles -F /etc/selinux/default/contexts/files/file_contexts /
' >selinux.log 2>&1 || { tail -n 5 selinux.log >&2; exit 1; }

# The initrd finds the disks and hands over; ext4 is in the kernel.
mkdir -p initrd.d/{bin,dev,proc,new}
cp root/bin/busybox initrd.d/bin/
modules="virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk"
for module in $modules; do
  find "kernel.d/lib/modules/$version/kernel/drivers" -name "$module.ko" -exec cp {} initrd.d/ \;
done
echo "$modules" >initrd.d/modules
cat >initrd.d/init <<'INIT'
#!/bin/busybox sh
busybox mount -t devtmpfs dev /dev
for module in $(busybox cat modules); do busybox insmod "$module.ko"; done
[ -b /dev/vdb ] || busybox sleep 5
[ -b /dev/vdb ] || { echo "vm: no disks"; busybox poweroff -f; }
busybox mount -t ext4 /dev/vda /new
busybox mkdir -p /new/tug
busybox mount -t ext4 /dev/vdb /new/tug
exec busybox switch_root /new /tug/test/vm/guest-init
INIT
chmod +x initrd.d/init
(cd initrd.d && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >initrd

rm -f root.ext4
mke2fs -q -t ext4 -d root root.ext4 6G >/dev/null
rm -rf root initrd.d kernel.d
echo "$made" >made
