"""Commands that an image like netshoot has, made so that they show the pod and not the machine it pretends
on.
"""
