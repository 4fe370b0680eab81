"""Many workers behind one endpoint: a front that clients see, and servers behind it on other processes."""
