"""The use cases of the clinic: each takes the platform and the person, checks what the person may, and tells
the audit log. Doors (pages, the API, commands) call these and nothing below.
"""
