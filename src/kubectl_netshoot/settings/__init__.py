"""What a person has settled beforehand: by a file, for a context too, or by variables; and where each value is from.

Flags win, then KUBECTL_NETSHOOT_* variables, then the file's section of the context, then the file, then the
program's own defaults. Nothing is read where there is no file, and no key lifts a refusal or holds a credential.
"""
