# Sourced by run.sh: no key in the image, keys at run time.

no_key_in_layers() {
    docker inspect --format '{{json .Config.Env}}' "$image" >"$work/inspect" || return 1
    docker history --no-trunc "$image" >>"$work/inspect" || return 1
    ! grep -n -i -E 'sk-[0-9a-z]|(MASTER|SALT)_KEY=|://[^/@ ]*:[^/@ ]*@|password=' "$work/inspect"
}

outside "no key in the image's variables and history" no_key_in_layers
check "no key in the sandbox" '[[ -z ${LITELLM_MASTER_KEY-}${LITELLM_SALT_KEY-} && ! -e ~/.config/litellm/dev-keys ]]'
check "dev-up must be sourced" 'dev-up 2>/dev/null; [[ $? == 2 ]]'
check "dev-up sets the variables, shows no key, leaves the shell as it is" \
    'before=$(set +o); . dev-up >/tmp/said 2>&1 || { cat /tmp/said; exit 1; }
     [[ $(set +o) == "$before" && $LITELLM_MASTER_KEY == sk-* && $LITELLM_SALT_KEY == sk-* ]] &&
     [[ $STORE_MODEL_IN_DB == True && $LITELLM_SALT_KEY != "$LITELLM_MASTER_KEY" ]] &&
     ! grep -q -e "$LITELLM_MASTER_KEY" -e "$LITELLM_SALT_KEY" /tmp/said'
check "the keys stay the same, and only user reads them" \
    'a=$(. dev-up >/dev/null; echo $LITELLM_MASTER_KEY); b=$(. dev-up >/dev/null; echo $LITELLM_MASTER_KEY)
     [[ -n $a && $a == "$b" && $(stat -c %a ~/.config/litellm/dev-keys) == 600 ]]'
given=(LITELLM_MASTER_KEY=sk-given LITELLM_SALT_KEY=sk-salted)
check "keys that the sandbox was given win" \
    '. dev-up >/dev/null; [[ $LITELLM_MASTER_KEY == sk-given && $LITELLM_SALT_KEY == sk-salted ]]'
given=()
