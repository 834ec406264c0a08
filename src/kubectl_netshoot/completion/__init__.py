"""TAB, in every shell: hides how shells ask for candidates.

Nothing of ours runs when somebody presses TAB. A script in plain sh answers, made once from the command tree
(`script`, `grammar_functions`, `values`) and put where kubectl finds it (`installing`); `registration` is for the plain
command, `kubectl-netshoot <TAB>`.
"""
