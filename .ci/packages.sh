#!/usr/bin/env bash
# Installs what is missing of the system packages given as arguments, naming
# them first; sudo only when not root. Nothing is asked of the network when
# nothing is missing.
set -euo pipefail
command -v dpkg-query >/dev/null || {
  echo "this system has no dpkg; install the equivalents of: $*" >&2
  exit 1
}
missing=()
for p in "$@"; do
  dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing+=("$p")
done
[ ${#missing[@]} -eq 0 ] && exit 0
echo "installing missing system packages: ${missing[*]}"
sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -q
$sudo apt-get install -y -q --no-install-recommends "${missing[@]}"
# Debian starts a server that it installs. The tests start an Orthanc of their
# own: one that nobody asked for is not left open on the network.
for p in "${missing[@]}"; do
  if [ "$p" = orthanc ] && [ -d /run/systemd/system ]; then
    $sudo systemctl disable --now orthanc || true
  fi
done
