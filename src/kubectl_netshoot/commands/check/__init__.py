"""The runbook's other tools for one question: can this pod's Services be found and reached, and if not, what fails?"""
