-- want: 2 include "fifo"
include "fifo"
