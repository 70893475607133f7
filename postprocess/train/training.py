"""One training from end to end."""

from dataclasses import dataclass
from pathlib import Path

from postprocess.backbones import trainable
from postprocess.models.judges import Target
from postprocess.train.crossing import Crossed, cross
from postprocess.train.evaluating import Evaluation, evaluate
from postprocess.train.fitting import Options
from postprocess.train.pictures import look
from postprocess.train.samples import Samples, check_number
from postprocess.train.thresholds import Threshold, choose


@dataclass(frozen=True)
class Training:
    """Everything that became of one training."""

    target: Target
    options: Options
    samples: Samples  # those that could be read
    crossed: Crossed
    threshold: Threshold
    validation: Evaluation
    test: Evaluation


def run_training(target: Target, samples: Samples, options: Options, file: Path) -> Training:
    """Train, choose the threshold, and last of all look at the test split.

    Args:
        file: where to put pixels meanwhile, if the backbone is trained, too.

    Raises:
        BackboneError: the backbone cannot be had.
        TrainError: too few of the images can be read.
        WriteError: the pixels cannot be written.
    """
    trainable.make_repeatable(options.seed)
    network = trainable.build(options.backbone, options.weights, len(samples.classes))
    looks = look(network, samples.images, file if options.fine_tune else None)
    samples = samples.take(looks.rows)
    check_number(target, samples)
    crossed = cross(options, looks, samples)
    val, test = samples.rows("val"), samples.rows("test")
    judged = samples.split != "test"
    threshold = choose(samples.soft[judged], crossed.said[judged])
    least = threshold.min_support
    known = evaluate(samples.soft[val], crossed.said[val], least, options.seed)
    crossed.said[test] = crossed.judge(looks, test)
    unknown = evaluate(samples.soft[test], crossed.said[test], least, options.seed)
    return Training(target, options, samples, crossed, threshold, known, unknown)
