# Sourced by run.sh: account, tools, variables.

check "user 1000 in /home/user" '[[ $(id -u) == 1000 && $(id -un) == user && $PWD == /home/user ]]'
check "home is user's, all of it" '[[ -z $(find ~ ! -user user -print -quit) ]]'
check "sudo asks for no password" '[[ $(sudo -n id -u) == 0 ]]'
for tool in python python3 pip uv node npm npx gh git curl wget jq psql pg_isready sudo gcc make \
    pkg-config rg file unzip xxd ps ss less ssh start-db dev-up litellm-up litellm-status; do
    check "$tool" "command -v $tool"
done
check "the tools run" 'python --version && pip --version && uv --version && node --version &&
    npm --version && npx --version && gh --version && git --version && curl --version && jq --version'
check "python is the environment's" '[[ $(python -c "import sys; print(sys.prefix)") == /opt/python ]]'
check "pip and uv see the same environment, which user may change" \
    'set -e; mkdir -p ~/p/some_package; cd ~/p; touch some_package/__init__.py
     python - <<P
import zipfile
with zipfile.ZipFile("some_package-1-py3-none-any.whl", "w") as wheel:
    wheel.writestr("some_package/__init__.py", "")
    wheel.writestr("some_package-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: some-package\nVersion: 1\n")
    wheel.writestr("some_package-1.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr("some_package-1.dist-info/RECORD", "")
P
     pip install --no-index ./some_package-1-py3-none-any.whl
     uv pip uninstall some-package; rm -rf ~/p'
check "npm's global packages are found" \
    'set -e; mkdir -p ~/n; cd ~/n
     echo "{\"name\":\"said\",\"version\":\"1.0.0\",\"bin\":{\"said\":\"said.js\"}}" >package.json
     printf "#!/usr/bin/env node\nconsole.log(1)\n" >said.js
     npm install --offline --global . && cd ~ && [[ $(said) == 1 ]]
     npm uninstall --global said; rm -rf ~/n'
check "every line of env counts" \
    'missing=0; while IFS= read -r line; do
         case $line in ""|"#"*) continue ;; esac
         name=${line%%=*}; [[ ${!name} == "${line#*=}" || $name == PATH ]] || { echo "$name=${!name}"; missing=1; }
     done </opt/template/env; exit $missing'
given=(DATABASE_URL=postgresql://elsewhere SSL_CERT_FILE=/tmp/vault-ca.crt)
check "what the sandbox was given wins over env" \
    '[[ $DATABASE_URL == postgresql://elsewhere && $SSL_CERT_FILE == /tmp/vault-ca.crt ]]'
check "a login shell has the variables and the tools too" \
    'bash -l -c "[[ \$DATABASE_URL == postgresql://elsewhere && \$VIRTUAL_ENV == /opt/python ]] && command -v uv"'
given=()
check "a shell that says exit 0 ends with 0" 'bash -l -c "set -e; exit 0" && set -e && exit 0'
check "the locale is there" '[[ $(locale -a) == *en_US.utf8* ]] && ! locale 2>&1 | grep -q Cannot'
check "localhost is asked without the proxy" \
    'HTTP_PROXY=http://127.0.0.1:9 python -c "import urllib.request as u; assert u.proxy_bypass(\"localhost\")"'
