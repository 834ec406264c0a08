"""The runbook's other tools for one question: Can this pod's Services be found and reached, and if not, what is ill?"""
