#!/bin/sh
# In the place of a cluster's submit command: notes what is asked for, runs the job, prints a number for it.
# Arguments: what the profile has in its command, then the job's script.
for script; do :; done
echo "$1 $2 $3 $4 $5" >> submitted
sh "$script" > "$1.said" 2>&1
echo "$$"
