"""What maps and models tell beyond one sample: motifs, interactions, effects; one file each."""
