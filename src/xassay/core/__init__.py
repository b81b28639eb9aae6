"""What every plug-in folder may share: contracts, files, baselines, targets, seeding."""
