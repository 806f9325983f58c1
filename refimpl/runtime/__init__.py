"""The only place with time and input/output: clocks, links, sockets, and the engines that drive sessions.

Lives here: the speaker (sessions, their deadlines, their outputs), the virtual clock and link, the UDP engine. Must not
live here: protocol decisions (`refimpl.core`), configuration files, logging formats (`refimpl.service`).
"""
