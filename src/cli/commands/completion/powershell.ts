/** The script for PowerShell. */
export function powershell(program: string, ask: string): string {
  return `# powershell completion for ${program}

Register-ArgumentCompleter -Native -CommandName '${program}' -ScriptBlock {
    param($WordToComplete, $CommandAst, $CursorPosition)
    $words = @($CommandAst.CommandElements | Where-Object { $_.Extent.StartOffset -lt $CursorPosition } | ForEach-Object { "$_" })
    $name = $words[0]
    $arguments = @($words | Select-Object -Skip 1)
    # PowerShell leaves an empty last word away.
    if ($WordToComplete -eq '') { $arguments += '' }
    $answer = @(& $name ${ask} @arguments 2>$null)
    if ($answer.Count -eq 0) { return }
    $directive = [int]$answer[-1].TrimStart(':')
    if ($directive -band 1) { return }
    $answer | Select-Object -SkipLast 1 | Where-Object { $_ -like "$WordToComplete*" } | ForEach-Object {
        $text, $description = $_ -split "\`t", 2
        if (-not $description) { $description = $text }
        $space = if ($directive -band 2) { '' } else { ' ' }
        [System.Management.Automation.CompletionResult]::new($text + $space, $text, 'ParameterValue', $description)
    }
}
`;
}
