"""`python3 -m mosaic_bundle`: what is in a bundle.

Exits 0 where all is well, 65 where the file is no sound bundle, 69 where it needs a newer reader.
"""

import argparse
import sys
import zipfile

import numpy

from .bundle import Bundle
from .errors import BundleError, UnsupportedBundle


def list_bundle(bundle: Bundle) -> None:
    """Prints a line for the bundle, one a variant, one a plan and one a tensor."""
    content = bundle.content
    print(f"{content.model.architecture!r} by {content.generator!r}, {bundle.content_digest}")
    for number, variant in enumerate(content.variants):
        bounds = f"log-SNR {variant.log_snr_lower:.2f} to {variant.log_snr_upper:.2f}"
        unknown = f", {bundle.unknown[number]}" if number in bundle.unknown else ""
        print(
            f"variant {number} {variant.name!r}: {bounds}, sparsity {variant.sparsity:.3f}, "
            f"{variant.macs_per_sample} MACs, {len(variant.weights)} weights{unknown}"
        )
    for number, plan in enumerate(content.plans):
        print(
            f"plan {number}: {plan.sampler} in {plan.steps} steps, guidance {plan.guidance:g}, "
            f"{len(plan.units)} units, {plan.mac_share:.3f} of the dense MACs"
        )
    for tensor in content.tensors:
        print(f"tensor {tensor.name!r}: {tensor.data_type} {list(tensor.shape)}")


def write_arrays(path: str, arrays: dict[str, numpy.ndarray]) -> None:
    """Writes what numpy.savez does, whose keywords leave some names no place."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                numpy.lib.format.write_array(member, array, allow_pickle=False)


def main() -> int:
    parser = argparse.ArgumentParser(prog="mosaic_bundle", description="Reads mosaic bundles.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (("list", "print variants, plans and tensors"), ("verify", "check every byte")):
        commands.add_parser(name, help=text).add_argument("file")
    extract = commands.add_parser("extract", help="write a variant's weights as .npz")
    extract.add_argument("file")
    extract.add_argument("variant", type=int, help="number, from 0")
    extract.add_argument("out")
    arguments = parser.parse_args()
    try:
        with Bundle(arguments.file) as bundle:
            if arguments.command == "list":
                list_bundle(bundle)
            elif arguments.command == "verify":
                bundle.verify()
            else:
                write_arrays(arguments.out, bundle.load_variant(arguments.variant))
    except UnsupportedBundle as error:
        print(error, file=sys.stderr)
        return 69
    except BundleError as error:
        print(error, file=sys.stderr)
        return 65
    except OSError as error:
        print(error, file=sys.stderr)
        return 66
    return 0


if __name__ == "__main__":
    sys.exit(main())
