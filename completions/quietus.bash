# bash completion for quietus(8) and quietus-verify(1)                                          -*- shell-script -*-
# Words are listed by hand; tests/docs/completion_test.sh compares them with --help.

_quietus_drives() {
    local disk
    for disk in "${QUIETUS_SYS_BLOCK:-/sys/block}"/*; do
        [[ -r $disk/size && $(<"$disk/size") != 0 ]] && printf '/dev/%s\n' "${disk##*/}"
    done
}

_quietus() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' sub='' word i
    local global='--json --config --state-dir --log-level --no-color --version --help'
    local goal='--purpose --level --technique --method --verify --verify-each --prove --blank --also-overwrite --out --manifest --skip-refused --accept'
    local techniques='zero ones dod-3 dod-ece-7 gutmann rcmp-ops-2 csec-itsg-06 navso-p-5239-26 bsi-vsitr bsi-2011-vs hmg-is5-baseline hmg-is5-enhanced schneier-7 pfitzner-7 pfitzner-33 afssi-5020 ar-380-19 nvme-sanitize-crypto-block nvme-sanitize-block nvme-sanitize-overwrite nvme-sanitize-crypto pattern:'
    local limits='--parallel --max-rate --min-rate --deadline --request-deadline --bad-area-time --retries --direction'
    local evidence='--summary --metrics --key --cert --passphrase-fd --operator --operator-title --operator-contact --tsa'
    local declared='--ticket --asset --destination --condition --media-source --organisation --location'
    declared+=' --label-serial --customer --contract --classification --failure-reason --vendor-statement --retention'
    declared+=' --legal-hold --backed-up --backup-location --requested-by --approved-by --approval'
    local trust='--ca --fingerprint --tsa-ca --crl' key='--key --cert --passphrase-fd'
    local states="--out --organisation $key --tsa $trust --name --title --contact --location" label='--serial --model --wwn --asset'
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case ${COMP_WORDS[i - 1]} in --config | --state-dir | --log-level) continue ;; esac
        [[ $word == -* ]] && continue
        if [[ -z $command ]]; then command=$word; elif [[ -z $sub ]]; then sub=$word; fi
    done
    case $previous in
        --config | --key | --cert | --cert-out | --ca | --tsa-ca | --crl | --output | --time-stamp | --photo | --report | --pdf | --manifest | --summary | --metrics) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
        --state-dir | --out | --certificate | --record) mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
        --log-level) mapfile -t COMPREPLY < <(compgen -W 'debug info warning error off' -- "$current"); return ;;
        --purpose) mapfile -t COMPREPLY < <(compgen -W 'internal-reuse external-reuse manufacturer recycler destruction' -- "$current"); return ;;
        --type) mapfile -t COMPREPLY < <(compgen -W 'p256 p384 rsa3072' -- "$current"); return ;;
        --level) mapfile -t COMPREPLY < <(compgen -W 'clear purge' -- "$current"); return ;;
        --verify) mapfile -t COMPREPLY < <(compgen -W 'full sample none' -- "$current"); return ;;
        --technique | --method)
            # readline splits words at the colon of pattern:HEX, so it is offered without one.
            # plan and erase take the file of a profile too.
            [[ $command == verify ]] || mapfile -t COMPREPLY < <(compgen -f -X '!*.toml' -- "$current")
            mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$([[ $command == verify ]] || echo random) $techniques" -- "$current")
            return ;;
        --accept) mapfile -t COMPREPLY < <(compgen -W 'processes-unseen member-signature signatures-unread nvme-hidden-namespaces removable no-unique-serial' -- "$current"); return ;;
        --next-step) mapfile -t COMPREPLY < <(compgen -W 'none repeat stronger-technique destroy' -- "$current"); return ;;
        --format)
            [[ $command != attest ]] || { mapfile -t COMPREPLY < <(compgen -W 'nwipe blancco openseachest' -- "$current"); return; }
            mapfile -t COMPREPLY < <(compgen -W 'pdf html batch label time-stamp-request dsse' -- "$current"); return ;;
        --legal-hold) mapfile -t COMPREPLY < <(compgen -W 'no unknown' -- "$current"); return ;;
        --backed-up) mapfile -t COMPREPLY < <(compgen -W 'yes no unknown' -- "$current"); return ;;
        --direction) mapfile -t COMPREPLY < <(compgen -W 'forward backward' -- "$current"); return ;;
        --confirm | --confirm-plan | --passphrase-fd | --parallel | --max-rate | --min-rate | --deadline | --request-deadline | --bad-area-time | --retries | --ticket | --asset | --destination | --condition | --media-source | --label-serial | --customer | --contract | --classification | --failure-reason | --vendor-statement | --retention | --backup-location | --requested-by | --approved-by | --approval | --operator | --operator-title | --operator-contact | --tsa | --reason | --name | --nonce | --fraction | --size | --title | --contact | --serial | --model | --wwn | --organisation | --location | --fingerprint) return ;;
    esac
    local words='' drives=no files=no folders=no
    case $command in
        '') words="list plan erase resume status stop verify certificate inspect methods register key validate attest second-lot help $global" ;;
        list) words="--check $global" ;;
        status) words="--watch $global" ;;
        inspect) words="--record $global" drives=yes ;;
        stop) words=$global drives=yes ;;
        methods) words="random $techniques $global" ;;
        plan) words="$goal $global" drives=yes ;;
        erase) words="$goal --confirm --confirm-plan $limits $evidence $declared $global" drives=yes ;;
        resume) words="--all --skip-refused --confirm --accept --out $limits $evidence $global" drives=yes files=yes ;;
        verify) words="--certificate --technique --method $trust $global" drives=yes ;;
        certificate)
            case $sub in
                verify) words="$trust --pdf --authenticity-only $global" folders=yes ;;
                show) words="$trust $global" folders=yes ;;
                sign) words="$trust $key $global" folders=yes ;;
                renew) words="$trust --tsa $global" folders=yes ;;
                export) words="$trust --format --output $key $global" folders=yes ;;
                import) words="$trust --time-stamp $global" folders=yes ;;
                render) words="$trust --format --output $key $global" folders=yes ;;
                *) words="verify show sign render renew export import $global" ;;
            esac ;;
        key)
            case $sub in
                create) words="--type --out --cert-out --name --passphrase-fd $global" ;;
                request) words="--key --name --out --passphrase-fd $global" ;;
                show) words="--key --cert --passphrase-fd $global" ;;
                *) words="create request show $global" ;;
            esac ;;
        register)
            case $sub in
                '') words="init search check $global" ;;
                *) words=$global ;;
            esac ;;
        second-lot) words="--nonce --fraction --size --check --out $trust $global" ;;
        validate) words="$states --accept --reject --escalate --reason --residual-risk --next-step $global" folders=yes ;;
        attest)
            case $sub in
                verification) words="$states --tool --tool-version --covered-bytes --expected --lot --report --pass --fail $global" folders=yes ;;
                custody) words="$states $label --from --to --at --place --seal --container --scan $global" folders=yes ;;
                destroyed) words="$states $label --technique --equipment --equipment-serial --particle-size --facility --witness --photo $global" folders=yes ;;
                unresponsive) words="$states $label --symptom --tried --photo $global" folders=yes ;;
                report) words="$states $label --report --format $global" folders=yes ;;
                *) words="verification custody destroyed unresponsive report $global" ;;
            esac ;;
        help) words='all list plan erase resume status stop verify certificate inspect methods register key validate attest second-lot' ;;
    esac
    if [[ $current != -* ]]; then
        [[ $drives == no ]] || words+=" $(_quietus_drives)"
        [[ $files == no ]] || mapfile -t COMPREPLY < <(compgen -f -X '!*.jsonl' -- "$current")
        [[ $folders == no ]] || mapfile -t COMPREPLY < <(compgen -d -- "$current")
    fi
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$words" -- "$current")
}

_quietus_verify() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    case $previous in
        --ca | --tsa-ca | --crl | --pdf) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
        --fingerprint) COMPREPLY=() ;;
        *)
            if [[ $current == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--ca --fingerprint --tsa-ca --crl --pdf --json --authenticity-only --version --help' -- "$current")
            else
                mapfile -t COMPREPLY < <(compgen -d -- "$current")
            fi ;;
    esac
}

complete -F _quietus quietus
complete -F _quietus_verify quietus-verify
