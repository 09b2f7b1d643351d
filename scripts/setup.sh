# Sourced by the scripts beside it: makes .venv with the project in it.
# Sets $root and $python; install_group adds another group of dependencies.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=${INSILICO_VENV:-$root/.venv}
base_python=${PYTHON:-python3}
system_packages=(
  python3-venv xvfb xauth libegl1 libgl1 libfontconfig1 libglib2.0-0 libdbus-1-3
  libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0
)

install_system_packages() {
  command -v dpkg-query >/dev/null || return 0 # not a Debian: nothing we know to do
  local missing=()
  for package in "${system_packages[@]}"; do
    # A Python that brings its own venv module needs no package for it.
    if [ "$package" = python3-venv ] && "$base_python" -c 'import ensurepip' 2>/dev/null; then
      continue
    fi
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
      missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local sudo=""
  if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
      echo "Some system packages are missing. Install them once with" >&2
      echo "  sudo apt-get install --no-install-recommends ${missing[*]}" >&2
      echo "and run this again." >&2
      exit 1
    fi
    sudo="sudo"
  fi
  echo "Installing system packages: ${missing[*]}"
  $sudo apt-get update -qq
  $sudo env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Whether the environment has what a stamp stands for, as the project asks for it now.
is_current() { [ -x "$python" ] && [ "$(cat "$1" 2>/dev/null)" = "$wanted" ]; }

make_venv() {
  local stamp=$venv/.installed
  if is_current "$stamp"; then return 0; fi
  if ! "$base_python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Python 3.11 or newer is needed; set PYTHON to one." >&2
    exit 1
  fi
  echo "Setting up $venv (a few minutes, once)"
  "$base_python" -m venv "$venv"
  "$python" -m pip install -q --upgrade pip
  # First and by itself, so that no other package's requirement picks another build.
  "$python" -m pip install -q "$(grep -i '^torch==' "$root/constraints.txt")"
  "$python" -m pip install -q -c "$root/constraints.txt" -e "$root" --group "$root/pyproject.toml:dev"
  echo "$wanted" >"$stamp"
}

install_group() {
  local stamp=$venv/.installed-$1
  if is_current "$stamp"; then return 0; fi
  "$python" -m pip install -q -c "$root/constraints.txt" --group "$root/pyproject.toml:$1"
  echo "$wanted" >"$stamp"
}

python=$venv/bin/python
wanted=$(cat "$root/pyproject.toml" "$root/constraints.txt" | sha256sum)
install_system_packages
make_venv
export QT_API=pyside6
