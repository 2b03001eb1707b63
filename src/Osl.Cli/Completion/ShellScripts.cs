namespace Osl.Cli.Completion;

/// <summary>
/// The scripts for the shells. Each asks 'osl complete' with the words up to the cursor and shows the answer; a line that begins
/// with a colon is for the shell itself. When osl can't answer nothing is offered, and nothing is said.
/// </summary>
internal static class ShellScripts
{
    internal const string Bash = """
        # bash completion for osl. Load it with: source <(osl completion bash)
        _osl() {
            local line at word=${COMP_WORDS[COMP_CWORD]}
            local -a answers=()
            COMPREPLY=()
            [[ $word == = ]] && word=
            mapfile -t answers < <("${1/#\~/$HOME}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
            for line in "${answers[@]}"; do
                case $line in
                    :files)
                        compopt -o filenames
                        mapfile -t COMPREPLY < <(compgen -f -- "$word")
                        ;;
                    :directories)
                        compopt -o filenames
                        mapfile -t COMPREPLY < <(compgen -d -- "$word")
                        ;;
                    ':program '*)
                        # Counted without osl itself.
                        at=$((${line#:program } + 1))
                        if declare -F _command_offset >/dev/null; then
                            _command_offset "$at"
                        elif ((COMP_CWORD == at)); then
                            mapfile -t COMPREPLY < <(compgen -c -- "$word")
                        else
                            compopt -o filenames
                            mapfile -t COMPREPLY < <(compgen -f -- "$word")
                        fi
                        ;;
                    :*) ;;
                    *) COMPREPLY+=("${line%%$'\t'*}") ;;
                esac
            done
        }
        complete -F _osl osl

        """;

    internal const string Zsh = """
        #compdef osl
        # zsh completion for osl. Save it as _osl in a directory of $fpath, or: source <(osl completion zsh), after compinit.
        _osl() {
            local line text about
            local -a answers described
            local -i skip
            answers=("${(@f)$(${(Q)words[1]/#\~/$HOME} complete -- "${(@Q)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
            for line in "${answers[@]}"; do
                case $line in
                    :files) _files ;;
                    :directories) _files -/ ;;
                    ':program '*)
                        # Counted without osl itself.
                        skip=$((${line#:program } + 1))
                        shift $skip words
                        ((CURRENT -= skip))
                        _normal
                        return
                        ;;
                    :*|'') ;;
                    *)
                        text=${line%%$'\t'*}
                        about=${line#*$'\t'}
                        [[ $about == "$line" ]] && about=
                        described+=("${text//:/\\:}${about:+:$about}")
                        ;;
                esac
            done
            ((${#described})) && _describe -V osl described
        }
        if [[ $funcstack[1] == _osl ]]; then
            _osl "$@"
        else
            compdef _osl osl
        fi

        """;

    internal const string Fish = """
        # fish completion for osl. Save it as ~/.config/fish/completions/osl.fish, or: osl completion fish | source
        function __osl_complete
            set -l before (commandline -opc)
            set -l word (commandline -ct)
            set -l osl $before[1]
            set -e before[1]
            for line in ($osl complete -- $before "$word" 2>/dev/null)
                switch $line
                    case :files
                        __fish_complete_path "$word"
                    case :directories
                        __fish_complete_directories "$word"
                    case ':program *'
                        # Counted from 0, without osl itself; fish counts from 1.
                        set -l at (math (string replace ':program ' '' -- $line) + 1)
                        set -l rest
                        if test $at -le (count $before)
                            set rest (string escape -- $before[$at..-1])
                        end
                        complete -C (string join -- ' ' $rest "$word")
                    case ':*'
                    case '*'
                        echo $line
                end
            end
        end
        complete -c osl -f -a '(__osl_complete)'

        """;
}
