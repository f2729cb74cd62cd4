# Sourced by run.sh: the bundle, and that the clients look where the variables point. A server with
# a certificate of nobody's is refused first; once its authority is added to the two files, every
# client takes it.

check "the template's certificate is in both bundles" \
    'set -e; line=$(sed -n 2p /etc/cloud-vault-ca.crt)
     grep -qF "$line" /etc/ssl/certs/combined-ca.crt; grep -qF "$line" /etc/ssl/certs/ca-certificates.crt'
check "Debian's certificates are in the bundle" '(($(grep -c BEGIN /etc/ssl/certs/combined-ca.crt) > 100))'

inside 'set -e; mkdir -p ~/tls; cd ~/tls
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout a.key -out a.crt \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
    openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout s.key -out s.csr
    printf "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n" >s.ext
    openssl x509 -req -in s.csr -CA a.crt -CAkey a.key -CAcreateserial -days 2 -extfile s.ext -out s.crt
    mkdir -p www/simple/absent; echo "<html></html>" >www/simple/absent/index.html
    git init -q --bare www/repo.git; git -C www/repo.git update-server-info
    cat >serve.py <<P
import functools, http.server, ssl
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory="www")
server = http.server.ThreadingHTTPServer(("localhost", 8443), handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("s.crt", "s.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
P
    setsid python serve.py </dev/null >serve.log 2>&1 &
    for i in $(seq 100); do curl -sk -o /dev/null https://localhost:8443/ && exit 0; sleep 0.2; done; exit 1' \
    >"$work/tls" 2>&1 || { echo "FAILED  a server to ask"; tail -n 5 "$work/tls"; failures=$((failures + 1)); }

declare -A client=(
    [curl]='curl -sS -o /dev/null https://localhost:8443/'
    [git]='git ls-remote https://localhost:8443/repo.git'
    [python]='python -c "import urllib.request as u; u.urlopen(\"https://localhost:8443/\")"'
    [node]='node -e "require(\"https\").get(\"https://localhost:8443/\", () => process.exit(0)).on(\"error\", e => { console.error(e.message); process.exit(1) })"'
    [pip]='pip download --index-url https://localhost:8443/simple/ absent 2>&1 | tee /tmp/pip.log; ! grep -qi certificate /tmp/pip.log'
    [uv]='uv pip install --no-cache --default-index https://localhost:8443/simple/ absent >/tmp/uv.log 2>&1; cat /tmp/uv.log; ! grep -qi -e certificate -e "error sending" -e "failed to fetch" /tmp/uv.log'
)
for name in curl git python node pip uv; do
    check "$name refuses a server it does not know" "! { ${client[$name]}; }"
done
inside 'cat ~/tls/a.crt | sudo tee -a /etc/cloud-vault-ca.crt /etc/ssl/certs/combined-ca.crt' >/dev/null
for name in curl git python node pip uv; do
    check "$name trusts what the bundle holds" "${client[$name]}"
done
inside 'pkill -f "[s]erve.py"; rm -rf ~/tls' >/dev/null 2>&1
