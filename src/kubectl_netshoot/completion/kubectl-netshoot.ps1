# TAB behind `kubectl-netshoot` in PowerShell on Linux and macOS, by kubectl_complete-netshoot.

Register-ArgumentCompleter -Native -CommandName 'kubectl-netshoot' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition -or $_.Extent.Text -ne $wordToComplete } |
        ForEach-Object { $_.Extent.Text })
    # Before 7.3 an empty argument was lost on the way to a program, unless it was quoted once more.
    $current = $wordToComplete
    if ($current -eq '' -and $PSVersionTable.PSVersion -lt [version]'7.3.0') { $current = '""' }
    $flag = if ($wordToComplete -match '^(-[^=]*=)') { $Matches[1] } else { '' }
    foreach ($line in (& kubectl_complete-netshoot @words $current 2>$null)) {
        if ($line -match '^:\d+$') { continue }
        $name, $description = $line -split "`t", 2
        if (-not $description) { $description = $name }
        [System.Management.Automation.CompletionResult]::new("$flag$name", $name, 'ParameterValue', $description)
    }
}
