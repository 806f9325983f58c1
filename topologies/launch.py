"""Starting an implementation by its name, in a namespace of a laboratory."""

from topologies.description import LabDescription
from topologies.nodes import adapter, release
from topologies.nodes.adapter import Handle
from topologies.place import NetnsPlace
from topologies.trees import tree


def launch(name: str, lab: LabDescription) -> Handle:
    """Start the release `name` in the lab's target namespace, with a folder of its own. Raises NodeError, LabError."""
    found = release(name)
    folder = lab.folder / name
    folder.mkdir(exist_ok=True)
    return adapter(name).start(NetnsPlace(lab.run_id, lab.target_namespace, folder, tree(found)), found)
