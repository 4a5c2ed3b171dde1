"""What the tables call the data sets, what kinema calls them, and which list of classes each has."""

DATASETS = {
    **dict.fromkeys(("Kinetics-400", "Kinetics 400", "Kinetics400", "Kinetic400", "K400", "k400"), "kinetics400"),
    **dict.fromkeys(("Kinetics-600", "Kinetics 600", "K600", "k600"), "kinetics600"),
    **dict.fromkeys(("Kinetics-700", "Kinetics700", "K700"), "kinetics700"),
    **dict.fromkeys(("Kinetics-710", "K710"), "kinetics710"),
    **dict.fromkeys(("Something-Something V1", "SthV1", "Sth-Sth v1", "Something"), "ssv1"),
    **dict.fromkeys(("Something-Something V2", "Something-Something-V2", "SthV2", "Sth-Sth v2"), "ssv2"),
    "SSv2": "ssv2", "ssv2": "ssv2",
    "Moments in Time V1": "moments", "MMit": "multi-moments", "UCF101": "ucf101", "HMDB51": "hmdb51",
    "Diving48": "diving48", "Charades": "charades", "IG-65M": "ig65m", "Sports1M": "sports1m",
    "ActivityNet": "activitynet", "ActivityNet v1.3": "activitynet", "HACS": "hacs", "EK100": "epic-kitchens100",
    "HowTo100M": "howto100m",
    "K400 pretrain": "kinetics400", "SSv2 pretrain": "ssv2", "K400 backbone": "kinetics400",
    "pretrain": "videomix22m",
    "Kinetics 400 and 600": "kinetics400", "Using backbones from 3rd-party in TSN": "kinetics400",
    "ImageNet": "imagenet", "ImageNet-1K": "imagenet",
}
LABELS = {name: name for name in (
    "kinetics400", "kinetics600", "kinetics700", "ssv1", "ssv2", "moments", "ucf101", "hmdb51", "diving48", "charades",
)}
LABELS["TSM ssv1"] = "ssv1_sorted"  # its code sorts the classes
IN_FILES = {  # what the name of a file says goes before a table
    "_sthv2-rgb": "ssv2", "_sthv1-rgb": "ssv1", "_kinetics700-rgb": "kinetics700", "_kinetics600-rgb": "kinetics600",
    "_kinetics710-rgb": "kinetics710",
}
