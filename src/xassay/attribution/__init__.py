"""Attribution methods and the controls they are judged by, one file each."""
