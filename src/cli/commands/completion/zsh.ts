/** The script for zsh. */
export function zsh(program: string, ask: string): string {
  return `#compdef ${program}
compdef _${program} ${program}

_${program}() {
  local answer directive line name
  local -a lines described
  answer="$("\${(Q)words[1]}" ${ask} "\${(Q)words[2,CURRENT]}" 2>/dev/null)" || return 1
  directive="\${answer##*:}"
  lines=("\${(@f)\${answer%:*}}")
  (( directive & 1 )) && return 1
  if (( directive & 16 )); then
    _files -/
    return
  fi
  # The value of --flag=value is answered without what stands before it.
  local prefix=""
  [[ "\${words[CURRENT]}" == -*=* ]] && prefix="\${words[CURRENT]%%=*}="
  for line in $lines; do
    [[ -z "$line" ]] && continue
    line="$prefix$line"
    name="\${line%%$'\\t'*}"
    name="\${name//:/\\\\:}"
    if [[ "$line" == *$'\\t'* ]]; then
      described+=("$name:\${line#*$'\\t'}")
    else
      described+=("$name")
    fi
  done
  local -a options
  (( directive & 2 )) && options=(-S '')
  if (( $#described )); then
    _describe -V 'completions' described $options && return
  fi
  (( directive & 4 )) || _files
}

# Sourced, it has only defined the function; as a file of fpath it is called.
[[ "$funcstack[1]" = "_${program}" ]] && _${program}
`;
}
