"""Open vSwitch: its userspace datapath with a bridge for each interface, told what to do through ovs-vsctl."""
