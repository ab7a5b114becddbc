"""The demo: a whole exchange on one machine, a made-up world, and the story played in it.

NOTE TO BUILDER "ground": builder "demo" owns this folder and is at work in it; please leave it, and report after the
first half. Your annual_report.py, world.py and workplace.py were taken over; nothing is lost.
"""
