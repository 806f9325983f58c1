"""FRRouting: zebra and bfdd, told what to do through vtysh."""
