# Sourced by run.sh: repositories, proxy and prisma, where the image has them.

check "litellm-status before the first start" '[[ $(litellm-status | jq -r .status) == down ]]'
if has 'test -d ~/litellm'; then
    for repository in litellm litellm-docs; do
        check "$repository: one commit, nothing changed, the public remote" \
            "cd ~/$repository && [[ \$(git rev-list --count HEAD) == 1 && -z \$(git status --porcelain) ]] &&
             [[ \$(git remote get-url origin) == https://github.com/BerriAI/$repository.git ]]"
    done
    check "litellm is the folder's" \
        '[[ $(python -c "import litellm; print(litellm.__file__)") == /home/user/litellm/* ]]'
    check "the proxy can be imported, with prisma" 'python -c "import prisma, litellm.proxy.proxy_server"'
    if has 'find ~/.cache/prisma-python -name "*query-engine*" -print -quit | grep -q .'; then
        check "litellm-up" \
            'said=$(litellm-up); echo "$said"; until [[ $(litellm-status | jq -r .status) != provisioning ]]; do sleep 2; done
             port=$(litellm-status | jq -e .port) && . dev-up >/dev/null &&
             [[ $(jq -r .port <<<"$said") == "$port" && $(jq -r .master_key <<<"$said") == "$LITELLM_MASTER_KEY" ]] &&
             curl -fsS -H "Authorization: Bearer $LITELLM_MASTER_KEY" "http://localhost:$port/v1/models"'
        check "litellm-up again names the same" '[[ $(litellm-up | jq .port) == $(litellm-status | jq .port) ]]'
    else
        echo "skipped litellm-up with its database: no engines of Prisma in this image"
        # How long it looks for the engines before it gives up depends on the network.
        check "litellm-up says how it stands, and litellm-status the same" \
            'said=$(litellm-up 2>/dev/null); echo "$said"; litellm-status
             case $(jq -r .status <<<"$said") in
                 starting) [[ $(litellm-status | jq -r .status) =~ ^(provisioning|down)$ ]] ;;
                 down) [[ $(litellm-status | jq -r .status) == down && $(jq -r ".error | length" <<<"$said") -gt 10 ]] ;;
                 *) exit 1 ;;
             esac'
        inside 'pkill -f "[p]roxy_cli"' >/dev/null 2>&1
        check "litellm-status tells that it is gone" \
            'for i in $(seq 30); do [[ $(litellm-status | jq -r .status) == down ]] && break; sleep 1; done
             litellm-status; [[ $(litellm-status | jq -r .status) == down ]]'
        check "the proxy answers without its database" \
            '. dev-up >/dev/null; unset DATABASE_URL STORE_MODEL_IN_DB; cd /tmp
             sed /database_url/d ~/litellm_config.yaml >/tmp/bare.yaml
             setsid python -m litellm.proxy.proxy_cli --config /tmp/bare.yaml --port 4444 >/tmp/bare.log 2>&1 </dev/null &
             child=$!; for i in $(seq 400); do
                 curl -fsS -H "Authorization: Bearer $LITELLM_MASTER_KEY" http://localhost:4444/v1/models 2>/dev/null && exit 0
                 kill -0 $child || break; sleep 1
             done; tail -n 12 /tmp/bare.log; exit 1'
        inside 'pkill -f "[b]are.yaml"' >/dev/null 2>&1
    fi
else
    echo "skipped repositories and proxy: not in this image"
    check "litellm-up says why it cannot" '[[ $(litellm-up 2>/dev/null | jq -r .error) == *"no ~/litellm"* ]]'
fi
