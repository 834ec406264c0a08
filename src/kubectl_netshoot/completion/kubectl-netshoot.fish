# TAB behind `kubectl-netshoot` in fish, by kubectl_complete-netshoot.

function __kubectl_netshoot_candidates
    set -l words (commandline -opc) (commandline -ct)
    set -l flag (string match -r -- '^-[^=]*=' $words[-1])
    set -l directive 4
    for line in (kubectl_complete-netshoot $words[2..-1] 2>/dev/null)
        if string match -q -- ':*' $line
            set directive (string sub -s 2 -- $line)
        else
            printf '%s%s\n' "$flag" $line
        end
    end
    switch $directive
        case 0
            __fish_complete_path (string replace -- "$flag" '' $words[-1])
        case 16
            __fish_complete_directories (string replace -- "$flag" '' $words[-1]) ''
    end
end

complete -c kubectl-netshoot -f -a '(__kubectl_netshoot_candidates)'
