"""Observes thousands of servers on an engine, a task for each, so that one `decide` can plan them all.

listing.py  what the user named -> one entry per server
task.py     what a worker does with an entry: observe, and give back what is small; fold the readings of a host into one
one_name.py servers that share a name: one machine at different times, or two
running.py  the map: submit, collect, retry, keep what is done, go on where it stopped
engine.py, dask_engine.py  where tasks run: processes of this machine, or a Dask cluster
"""
