/** The script for fish. */
export function fish(program: string, ask: string): string {
  return `# fish completion for ${program}

function __${program}_ask
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    set -g __${program}_answer ($program ${ask} $words "$last" 2>/dev/null)
end

function __${program}_directive
    string replace -r '^:' '' -- $__${program}_answer[-1]
end

function __${program}_words
    __${program}_ask
    test (count $__${program}_answer) -gt 0; or return
    test (math "bitand("(__${program}_directive)", 1)") -eq 0; or return
    if test (math "bitand("(__${program}_directive)", 16)") -ne 0
        __fish_complete_directories (commandline -ct)
        return
    end
    set -l found
    if test (count $__${program}_answer) -gt 1
        set found $__${program}_answer[1..-2]
    end
    # The value of --flag=value is answered without what stands before it.
    set -l prefix (string match -r -- '^-[^=]*=' (commandline -ct); or echo "")
    printf '%s\\n' $prefix$found
    if test (count $found) -eq 0 -a (math "bitand("(__${program}_directive)", 4)") -eq 0
        __fish_complete_path (commandline -ct)
    end
end

complete -c ${program} -e
complete -k -c ${program} -f -a '(__${program}_words)'
`;
}
