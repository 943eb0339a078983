"""The scheduling application's server: who works when and where, and who is away.

Layers, each importing only those to its left: `domain ← services ← store | notify | web ← main ← cli`.
"""
