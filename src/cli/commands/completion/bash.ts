/** The script for bash. The last line of an answer is `:N`: 1 an error, 2 no space, 4 no files, 8 files by ending, 16 directories. */
export function bash(program: string, ask: string): string {
  return `# bash completion for ${program}

__${program}_complete() {
  local current words answer directive line
  local IFS=$'\\n'
  current="\${COMP_LINE:0:COMP_POINT}"
  # The words up to the cursor, as bash itself parts them, joined again at = and :
  words=()
  local index
  for ((index = 1; index <= COMP_CWORD; index++)); do
    local word="\${COMP_WORDS[index]}"
    if ((index > 1)) && [[ $word == [=:]* || \${COMP_WORDS[index - 1]} == *[=:] ]] &&
      [[ $current == *"\${words[\${#words[@]} - 1]}$word"* ]]; then
      words[\${#words[@]}-1]+="$word"
    else
      words+=("$word")
    fi
  done
  local last=""
  ((\${#words[@]})) && last="\${words[\${#words[@]} - 1]}"
  answer=$("\${COMP_WORDS[0]}" ${ask} "\${words[@]}" 2>/dev/null) || return
  directive="\${answer##*:}"
  answer="\${answer%:*}"
  ((directive & 1)) && return
  ((directive & 2)) && compopt -o nospace
  if ((directive & 16)); then
    COMPREPLY=($(compgen -d -- "$last"))
    compopt -o filenames
    return
  fi
  __${program}_show "$last" "$directive" "$answer"
}

${show(program)}
complete -o nosort -F __${program}_complete ${program}
`;
}

/** The part that puts the names before the user, with what they are when there is more than one. */
function show(program: string): string {
  return `__${program}_show() {
  local last="$1" directive="$2" answer="$3" line IFS=$'\\n'
  # What stands before the last : or = is no part of bash's word.
  local prefix=""
  # The value of --flag=value is a word of its own, to bash and to the program.
  if [[ $last == -*=* ]]; then
    last="\${last#*=}"
  fi
  [[ $last == *[=:]* && \${COMP_WORDS[COMP_CWORD]} != "$last" ]] && prefix="\${last%"\${COMP_WORDS[COMP_CWORD]#[=:]}"}"
  local shown=()
  for line in $answer; do
    [[ \${line%%$'\\t'*} == "$last"* ]] && shown+=("$line")
  done
  if ((\${#shown[@]} == 1)); then
    line="\${shown[0]%%$'\\t'*}"
    COMPREPLY=("\${line#"$prefix"}")
  elif ((\${#shown[@]} > 1)); then
    local width=0 name
    for line in "\${shown[@]}"; do
      name="\${line%%$'\\t'*}"
      ((\${#name} > width)) && width=\${#name}
    done
    for line in "\${shown[@]}"; do
      name="\${line%%$'\\t'*}"
      if [[ $COMP_TYPE == 37 || $COMP_TYPE == 42 || $line != *$'\\t'* ]]; then
        COMPREPLY+=("\${name#"$prefix"}")
      else
        printf -v line "%-\${width}s  (%s)" "$name" "\${line#*$'\\t'}"
        COMPREPLY+=("\${line#"$prefix"}")
      fi
    done
  elif ! ((directive & 4)); then
    COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
    compopt -o filenames
  fi
}`;
}
