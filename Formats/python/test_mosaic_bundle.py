#!/usr/bin/env python3
"""Tests of the reference reader on the bundles under Fixtures.

MOSAIC, where set, is the binary to compare with.
"""

import json
import math
import os
import random
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy
import zstandard

from mosaic_bundle import Bundle, BundleError, UnsupportedBundle, load_dit, load_variant
from mosaic_bundle.frames import decode_chunk
from mosaic_bundle.manifest import check_scheduler
from mosaic_bundle.mosaic_pb2 import (
    CODEC_ZSTD, STORAGE_WEIGHT, Attribute, Content, Flow, Instruction, Manifest, PlanError,
    Scheduler, Solver, StoredChunk)
from mosaic_bundle.operations import signature
from mosaic_bundle.plans import check_plans, computed_units
from mosaic_bundle.programs import check_program
from mosaic_bundle.wire import Scanner
from mosaic_bundle.xxh64 import xxh64, xxh64_in_python

FIXTURES = Path(__file__).resolve().parents[2] / "Fixtures"
CORPUS = sorted((FIXTURES / "bundles").glob("*/*.mosaic"))
SMALL = FIXTURES / "bundles/v1.0/one-range.mosaic"
THREE_RANGES = FIXTURES / "bundles/v1.0/f32-three-ranges.mosaic"
# The checkpoint that a bundle was made from, where it is not tiny-dit-bf16.
CHECKPOINTS = {"f32-three-ranges": "tiny-dit", "dense": "tiny-dit"}
WEIGHTS = "transformer/diffusion_pytorch_model.safetensors"


def read_checkpoint(path: Path) -> dict[str, numpy.ndarray]:
    """The tensors of a safetensors file in F32 or BF16, widened to float32 bit for bit."""
    data = path.read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    tensors = {}
    for name, entry in json.loads(data[8 : 8 + size]).items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        stored = data[8 + size + start : 8 + size + end]
        if entry["dtype"] == "BF16":
            values = (numpy.frombuffer(stored, "<u2").astype("<u4") << 16).view("<f4")
        else:
            assert entry["dtype"] == "F32", name
            values = numpy.frombuffer(stored, "<f4")
        tensors[name] = values.reshape(entry["shape"])
    return tensors


def is_same(left: numpy.ndarray, right: numpy.ndarray) -> bool:
    """Equal in every bit."""
    return left.shape == right.shape and left.tobytes() == right.tobytes()


def seal(data: bytearray) -> None:
    """Makes the header's checksum right again."""
    struct.pack_into("<Q", data, 120, xxh64(bytes(data[:120])))


class CorpusTests(unittest.TestCase):
    def test_every_bundle_opens_and_verifies(self) -> None:
        self.assertGreaterEqual(len(CORPUS), 7)
        for path in CORPUS:
            with self.subTest(path.name), Bundle(path) as bundle:
                bundle.verify()
                self.assertEqual(bundle.unknown, {})

    def test_rows_are_those_of_the_checkpoint(self) -> None:
        for path in CORPUS:
            with self.subTest(path.name), Bundle(path) as bundle:
                folder = CHECKPOINTS.get(path.stem, "tiny-dit-bf16")
                dense = read_checkpoint(FIXTURES / folder / WEIGHTS)
                for number, variant in enumerate(bundle.content.variants):
                    compared = self.compare(bundle, number, dense)
                    # At most two refitted consumers and their biases a block, and positions.
                    self.assertGreaterEqual(compared, len(variant.weights) - 9)

    def compare(self, bundle: Bundle, number: int, dense: dict[str, numpy.ndarray]) -> int:
        """Returns how many weights were found to be rows of the checkpoint's tensors."""
        variant = bundle.content.variants[number]
        units = {group.name: list(range(group.unit_count)) for group in bundle.content.groups}
        rows: dict[str, list[int]] = {}
        for kept in variant.kept:
            group = bundle.content.groups[kept.group]
            units[group.name] = [
                unit for run in kept.runs for unit in range(run.start, run.start + run.count)
            ]
            for producer in group.producers:
                rows[producer] = [
                    unit * group.unit_size + row
                    for unit in units[group.name]
                    for row in range(group.unit_size)
                ]
        weights = bundle.load_variant(number)
        self.assertEqual(list(weights), [weight.name for weight in variant.program.weights])
        for group in bundle.content.groups:
            shape = (dense[group.consumer].shape[0], len(units[group.name]) * group.unit_size)
            self.assertEqual(weights[group.consumer].shape, shape)
        compared = 0
        for name, source in zip(weights, variant.weights):
            self.assertEqual(weights[name].dtype, numpy.float32)
            self.assertTrue(numpy.isfinite(weights[name]).all(), name)
            if bundle.content.tensors[source.tensor].name == name and name in dense:
                expected = dense[name][rows[name]] if name in rows else dense[name]
                self.assertTrue(is_same(weights[name], expected), name)
                compared += 1
        return compared

    def test_dense_bundle_is_the_checkpoint(self) -> None:
        state = load_dit(FIXTURES / "bundles/v1.0/dense.mosaic", 0).state
        dense = read_checkpoint(FIXTURES / "tiny-dit" / WEIGHTS)
        self.assertEqual(set(state), set(dense))
        self.assertEqual([name for name in dense if not is_same(state[name], dense[name])], [])

    @unittest.skipUnless(os.environ.get("MOSAIC"), "MOSAIC names no binary")
    def test_identity_is_what_mosaic_says(self) -> None:
        for path in CORPUS:
            with self.subTest(path.name), Bundle(path) as bundle:
                output = subprocess.run(
                    [os.environ["MOSAIC"], "inspect", "--json", path], check=True,
                    capture_output=True,
                ).stdout  # fmt: skip
                self.assertEqual(bundle.content_digest, json.loads(output)["content_digest"])

    def test_noise_levels_choose_variants(self) -> None:
        with Bundle(THREE_RANGES) as bundle:
            self.assertEqual(bundle.variant_number(-math.inf), 0)
            self.assertEqual(bundle.variant_number(math.inf), 2)
            border = bundle.content.variants[1].log_snr_lower
            self.assertEqual(bundle.variant_number(border), 1)
            self.assertEqual(bundle.variant_number(math.nextafter(border, -math.inf)), 0)
            with self.assertRaises(BundleError):
                bundle.variant_number(math.nan)
            numbered = bundle.load_variant(2)
        by_level = load_variant(THREE_RANGES, logsnr=5.0)
        self.assertTrue(all(is_same(numbered[name], by_level[name]) for name in numbered))

    def test_memory_is_bounded(self) -> None:
        with Bundle(SMALL, memory_limit=1000) as bundle:
            with self.assertRaisesRegex(BundleError, "1000 are allowed"):
                bundle.load_variant(0)
            with self.assertRaisesRegex(BundleError, "no variant 1"):
                bundle.load_variant(1)


class DitTests(unittest.TestCase):
    def test_config_of_an_unpruned_variant_is_the_checkpoints(self) -> None:
        written = json.loads((FIXTURES / "tiny-dit/transformer/config.json").read_text())
        config = load_dit(THREE_RANGES, 0).config()
        self.assertEqual({name: written[name] for name in config}, config)

    def test_config_of_a_pruned_variant_is_refused(self) -> None:
        pruned = load_dit(THREE_RANGES, 1)
        with self.assertRaisesRegex(BundleError, "blocks keep different heads or neurons"):
            pruned.config()
        for number, block in enumerate(pruned.blocks):
            prefix = f"transformer_blocks.{number}"
            queries = pruned.state[f"{prefix}.attn1.to_q.weight"]
            self.assertEqual(queries.shape, (block.heads * pruned.head_size, pruned.width))
            output = pruned.state[f"{prefix}.ff.net.2.weight"]
            self.assertEqual(output.shape, (pruned.width, block.neurons))


class DamageTests(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = Path(directory.name) / "damaged.mosaic"

    def read_whole(self, data: bytes) -> None:
        self.path.write_bytes(data)
        with Bundle(self.path) as bundle:
            bundle.verify()

    def test_every_flipped_byte_is_noticed(self) -> None:
        whole = SMALL.read_bytes()
        source = random.Random(1)
        # Half of them where a header's or manifest's check must find them.
        (manifest,) = struct.unpack_from("<Q", whole, 40)
        places = [source.randrange(len(whole)) for _ in range(250)]
        places += [source.randrange(128) for _ in range(50)]
        places += [source.randrange(manifest, len(whole)) for _ in range(200)]
        for place in places:
            damaged = bytearray(whole)
            damaged[place] ^= source.randrange(1, 256)
            # Compatible features may be anything, the checksum over them may not.
            with self.subTest(place), self.assertRaises(BundleError):
                self.read_whole(damaged)

    def test_truncations_are_noticed(self) -> None:
        whole = SMALL.read_bytes()
        for length in [*range(130), *range(130, len(whole), 997), len(whole) - 1]:
            with self.subTest(length), self.assertRaises(BundleError):
                self.read_whole(whole[:length])
        with self.assertRaises(BundleError):
            self.read_whole(whole + b"\0")

    def test_newer_files_are_refused_by_name(self) -> None:
        whole = SMALL.read_bytes()
        newer = bytearray(whole)
        struct.pack_into("<I", newer, 16, 2)
        with self.assertRaisesRegex(BundleError, "checksum"):
            self.read_whole(newer)
        seal(newer)
        with self.assertRaisesRegex(UnsupportedBundle, "format 2"):
            self.read_whole(newer)
        feature = bytearray(whole)
        struct.pack_into("<Q", feature, 24, 1 << 5)
        seal(feature)
        with self.assertRaisesRegex(UnsupportedBundle, "feature bit 5"):
            self.read_whole(feature)
        minor = bytearray(whole)
        struct.pack_into("<I", minor, 20, 7)
        struct.pack_into("<Q", minor, 32, 1 << 63)
        seal(minor)
        self.read_whole(minor)

    def test_text_transfer_is_named(self) -> None:
        with self.assertRaisesRegex(BundleError, "text-mode"):
            self.read_whole(SMALL.read_bytes().replace(b"\r\n", b"\n"))
        with self.assertRaisesRegex(BundleError, "not a mosaic bundle"):
            self.read_whole(b"PK\x03\x04" + bytes(200))


class HashTests(unittest.TestCase):
    def test_fallback_gives_the_published_values(self) -> None:
        # Of the empty input, and of "abc", as xxhsum prints them.
        self.assertEqual(xxh64_in_python(b""), 0xEF46DB3751D8E999)
        self.assertEqual(xxh64_in_python(b"abc"), 0x44BC2CF5AD770999)

    def test_fallback_gives_what_mosaic_wrote(self) -> None:
        whole = SMALL.read_bytes()
        with Bundle(SMALL) as bundle:
            for chunk in bundle.storage.chunks:
                stored = whole[chunk.offset : chunk.offset + chunk.stored_size]
                self.assertEqual(xxh64_in_python(stored), chunk.xxh64)


class FrameTests(unittest.TestCase):
    """What converted models do not hold: chunks that are one frame, and frames that lie."""

    raw = bytes(range(256)) * 40

    def decode(self, stored: bytes, raw_size: int) -> bytes:
        chunk = StoredChunk(codec=CODEC_ZSTD, stored_size=len(stored))
        return decode_chunk(stored, chunk, raw_size, "chunk 0")

    def test_one_frame(self) -> None:
        frame = zstandard.compress(self.raw)
        self.assertEqual(self.decode(frame, len(self.raw)), self.raw)

    def test_anything_else_is_refused(self) -> None:
        size = len(self.raw)
        frame, half = zstandard.compress(self.raw), zstandard.compress(self.raw[: size // 2])
        unsized = zstandard.ZstdCompressor(write_content_size=False).compress(self.raw)
        skippable = b"\x50\x2a\x4d\x18\x04\x00\x00\x00" + bytes(4)
        for stored, raw_size in (
            (frame, size - 1), (frame, size + 1), (half + half, size), (frame + b"\0", size),
            (frame + skippable, size), (skippable + frame, size), (frame[:-1], size),
            (unsized, size), (skippable, 4), (b"", 1), (b"no frame", 8),
        ):  # fmt: skip
            with self.subTest(stored[:8]), self.assertRaisesRegex(BundleError, "not one zstd"):
                self.decode(stored, raw_size)


class PlanTests(unittest.TestCase):
    """Plans written by hand for a bundle of the corpus, whose programs get reusable units."""

    def content(self) -> Content:
        with Bundle(THREE_RANGES) as bundle:
            content = bundle.content
        for variant in content.variants:
            # What is added to the stream, and the output.
            for number, instruction in enumerate(variant.program.instructions):
                if instruction.operation == "gated_add":
                    producer = next(
                        i for i, other in enumerate(variant.program.instructions)
                        if other.output == instruction.inputs[1]
                    )  # fmt: skip
                    variant.program.reusable_units.add(name=f"unit {number}", instruction=producer)
            last = len(variant.program.instructions) - 1
            variant.program.reusable_units.add(name="output", instruction=last)
        units = [unit.name for unit in content.variants[0].program.reusable_units]
        plan = content.plans.add(
            sampler="ddim", steps=5, guidance=1.0, units=units, mac_share=0.5, budget=0.5)
        plan.measured.CopyFrom(PlanError(mean=2.0, lower=1.0, upper=3.0, samples=9))
        none = bytes(len(units))
        for variant, orders in ((0, none), (0, none), (1, b"\2" + none[1:]), (2, none[1:] + b"\1")):
            plan.plan_steps.add(variant=variant, orders=orders)
        plan.plan_steps.add(variant=2, unneeded=True)
        return content

    def test_plans_are_accepted(self) -> None:
        content = self.content()
        for variant in content.variants:
            check_program(variant.program)
        check_plans(content, {})
        program = content.variants[0].program
        names = {unit.name for unit in program.reusable_units}
        self.assertEqual(computed_units(program, set()), (names, set()))
        self.assertEqual(computed_units(program, names), (set(), {"output"}))

    def test_plans_that_cannot_be_followed_are_refused(self) -> None:
        def variants(content: Content) -> None:
            for variant in content.variants:
                del variant.program.reusable_units[0]

        def orders(step: int, change) -> object:
            def apply(content: Content) -> None:
                step_ = content.plans[0].plan_steps[step]
                step_.orders = change(step_.orders)
            return apply

        def field(name: str, value) -> object:
            return lambda content: setattr(content.plans[0], name, value)

        for change, problem, kind in (
            (variants, "has the reusable unit", BundleError),
            (orders(0, lambda old: b"\1" + old[1:]), "of 1 earlier values where 0", BundleError),
            (orders(2, lambda old: b"\3" + old[1:]), "of 3 earlier values where 2", BundleError),
            (orders(2, lambda old: b"\7" + old[1:]), "manner of reuse 7", UnsupportedBundle),
            (orders(2, lambda old: b"\5" + old[1:]), "without maps", BundleError),
            (field("maps", 1), "corrects 0 values", BundleError),
            (orders(1, lambda old: old[1:]), "what they do", BundleError),
            (field("steps", 6), "5 steps do, for 6", BundleError),
            (field("forecasts", 1000), "from tensor 999", BundleError),
            (field("forecasts", 1), "are not the numbers", BundleError),
            (field("sampler", "heun"), "sampler 'heun'", UnsupportedBundle),
            (field("sampler", "flow"), "does not sample", BundleError),
            (field("eta", 1.5), "eta 1.5", BundleError),
            (field("mac_share", math.nan), "share nan", BundleError),
            (lambda content: content.plans.append(content.plans[0]), "same run", BundleError),
            (lambda content: setattr(content.plans[0].plan_steps[0], "variant", 3),
             "variant 3 of 3", BundleError),
            (lambda content: setattr(content.plans[0].measured, "lower", 2.5), "error 2",
             BundleError),
        ):  # fmt: skip
            content = self.content()
            change(content)
            with self.subTest(problem), self.assertRaisesRegex(kind, problem):
                check_plans(content, {})

    def test_corrections_ask_for_inputs(self) -> None:
        content = self.content()
        program = content.variants[0].program
        first, second = list(program.reusable_units)[:2]
        for variant in content.variants:
            norms = [
                number
                for number, instruction in enumerate(variant.program.instructions)
                if instruction.operation == "layer_norm"
            ]
            for unit in variant.program.reusable_units:
                unit.input = 1 + max(norm for norm in norms if norm < unit.instruction)
        names = {unit.name for unit in program.reusable_units}
        # The last norm is of all that was added before it.
        self.assertEqual(computed_units(program, names, {"output"}), (set(), names))
        self.assertEqual(computed_units(program, {second.name}, {second.name})[1], {second.name})
        plan = content.plans[0]
        plan.plan_steps[2].orders = b"\5" + plan.plan_steps[2].orders[1:]
        plan.maps = 1
        with self.assertRaisesRegex(BundleError, "has no forecasts"):
            check_plans(content, {})
        plan.forecasts = 1
        with self.assertRaisesRegex(BundleError, "are not the numbers"):
            check_plans(content, {})
        plan.forecasts = len(content.tensors) + 1
        plan.maps = len(content.tensors) + 2
        plan.rank = 2
        widths = [
            program.values[program.instructions[number].output].shape[-1]
            for number in (first.instruction, first.input - 1)
        ]
        last = program.values[program.instructions[-1].output].shape
        taken_last = 1 + (last[0] if len(last) > 2 else last[-1])
        content.tensors.add(
            name="forecasts", data_type="F32", shape=[2 + 2 + widths[0] + taken_last])
        content.tensors.add(name="maps", data_type="BF16", shape=[2 * sum(widths)])
        check_plans(content, {})
        content.tensors[-1].shape[0] += 1
        with self.assertRaisesRegex(BundleError, "elements of maps are not"):
            check_plans(content, {})
        first.input = first.instruction + 1
        with self.assertRaisesRegex(BundleError, "its input instruction"):
            check_program(program)

    def test_units_are_instructions(self) -> None:
        program = self.content().variants[0].program
        program.reusable_units[1].instruction = program.reusable_units[0].instruction
        with self.assertRaisesRegex(BundleError, "which is not one of"):
            check_program(program)
        program = self.content().variants[0].program
        program.reusable_units[1].name = program.reusable_units[0].name
        with self.assertRaisesRegex(BundleError, "have one name"):
            check_program(program)


class WireTests(unittest.TestCase):
    def test_rules_of_the_wire_format(self) -> None:
        for problem, data in {
            "twice": b"\x0a\x00\x0a\x00",
            "wrong wire type": b"\x08\x01",
            "number 0": b"\x02\x00",
            "wire type 3": b"\x0b\x0c",
            "leaves its message": b"\x0a\x05\x0a",
            "cut off": b"\x0a",
            "longer than 64 bits": b"\xf8" + b"\xff" * 9 + b"\x7f",
            # A chunk's raw size, and one of packed dimensions of a sample.
            "raw_size is 4611686018427387904": b"\x0a\x0c\x42\x0a\x08" + b"\x80" * 8 + b"\x40",
            "sample_shape is 4611686018427387904": b"\x0a\x0d\x1a\x0b\x12\x09"
            + b"\x80" * 8
            + b"\x40",
            "NUL": b"\x0a\x03\x0a\x01\x00",
            "not UTF-8": b"\x0a\x03\x0a\x01\xff",
        }.items():
            with self.subTest(problem), self.assertRaisesRegex(BundleError, problem):
                Scanner(data, Manifest.DESCRIPTOR)

    def test_unknown_fields_are_passed_over(self) -> None:
        # Field 100 twice, a varint and bytes, then a content without fields.
        data = b"\xa0\x06\x01" + b"\xa2\x06\x02\xff\xff" + b"\x0a\x00"
        ranges = Scanner(data, Manifest.DESCRIPTOR).ranges
        self.assertEqual(ranges, {"mosaic.Manifest.content": (10, 10)})


class SchedulerTests(unittest.TestCase):
    def scheduler(self, **fields) -> Scheduler:
        words = {"beta_schedule": "linear", "prediction": "epsilon", "spacing": "leading"}
        return Scheduler(**words | fields)

    def flow(self, **fields) -> Scheduler:
        flow = Flow(**{"shift": 3.0} | fields)
        return self.scheduler(sampler="flow", prediction="flow_prediction", flow=flow)

    def test_samplers_are_read(self) -> None:
        check_scheduler(self.scheduler())
        check_scheduler(self.scheduler(sampler="euler", karras_sigmas=True))
        solver = Solver(order=2, kind="midpoint", least_lambda=-math.inf)
        check_scheduler(self.scheduler(sampler="dpmpp2m", final_sigmas="zero", solver=solver))
        shift = {"base_shift": 0.5, "max_shift": 1.15, "base_tokens": 256, "max_tokens": 4096}
        check_scheduler(self.flow(terminal=0.1, dynamic_shift=shift))

    def test_what_cannot_be_sampled_is_refused(self) -> None:
        for scheduler, problem in (
            (self.scheduler(sampler="heun"), "sampler 'heun' is unknown"),
            (self.scheduler(final_sigmas="most"), "final_sigmas 'most' is unknown"),
            (self.scheduler(solver=Solver(order=2, kind="bh2")), "kind 'bh2' is unknown"),
            (self.scheduler(solver=Solver(order=3, kind="heun")), "order 3"),
            (self.scheduler(sampler="flow"), "does not sample"),
            (self.scheduler(prediction="flow_prediction"), "does not sample"),
            (self.scheduler(flow=Flow(shift=1.0)), "does not sample"),
            (self.scheduler(sampler="dpmpp2m", prediction="flow_prediction",
                            flow=Flow(shift=1.0, ends_evenly=True)), "shift alone"),
            (self.flow(shift=math.nan), "shift nan"),
            (self.flow(shift=0.0), "shift 0"),
            (self.flow(terminal=1.0), "ends at 1"),
            (self.flow(dynamic_shift={"base_tokens": 8, "max_tokens": 8}), "no line"),
        ):
            with self.subTest(problem), self.assertRaisesRegex(BundleError, problem):
                check_scheduler(scheduler)


class ProgramTests(unittest.TestCase):
    def program(self):
        with Bundle(THREE_RANGES) as bundle:
            return bundle.content.variants[1].program

    def refuse(self, program, problem: str, kind: type[BundleError] = BundleError) -> None:
        with self.subTest(problem), self.assertRaisesRegex(kind, problem):
            check_program(program)

    def test_broken_programs_are_refused(self) -> None:
        check_program(self.program())
        program = self.program()
        program.instructions[3].operation = "erase_disk"
        self.refuse(program, "operation 'erase_disk'", UnsupportedBundle)
        program = self.program()
        program.instructions[0].attributes.add(name="dilation", integers=[2])
        self.refuse(program, "attribute convolution.dilation", UnsupportedBundle)
        program = self.program()
        del program.instructions[0]
        self.refuse(program, "read before it is written")
        program = self.program()
        program.instructions.append(program.instructions[-1])
        self.refuse(program, "written twice")
        program = self.program()
        program.instructions[2].inputs[0] = 1 << 40
        self.refuse(program, "there is no value")
        program = self.program()
        program.arena_size -= 1
        self.refuse(program, "leave the arena")
        program = self.program()
        for value in program.values:
            value.offset = 0
        self.refuse(program, "shares memory|written twice")

    def test_rows_are_added_from_weights(self) -> None:
        for operands in (2, 3):
            program = self.program()
            instruction = next(i for i in program.instructions if i.operation == "gated_add")
            x, _, gate = instruction.inputs
            width = list(program.values[gate].shape)
            row = next(
                index
                for index, value in enumerate(program.values)
                if value.storage == STORAGE_WEIGHT and list(value.shape) == width
            )
            instruction.operation = "add_row"
            del instruction.inputs[:]
            instruction.inputs.extend([x, row, gate][:operands])
            check_program(program)
            instruction.inputs[1] = gate
            self.refuse(program, "is a computed value")

    def test_views_lead_to_their_value(self) -> None:
        program = self.program()
        views = [index for index, value in enumerate(program.values) if value.storage == 4]
        program.values[views[0]].index = views[0]
        self.refuse(program, "circle")
        program = self.program()
        program.values[views[0]].offset = 1 << 30
        self.refuse(program, "leaves what it views")

    def test_sides_of_matrices_are_bounded(self) -> None:
        side = 1 << 31
        for operation, sizes, others in (
            ("linear", ("rows", "inner", "outer"), {"activation": "none"}),
            (
                "convolution",
                ("outer", "channels", "kernel", "height", "width"),
                {"stride": 1, "padding": 1 << 32},
            ),
            ("attention", ("queries", "keys", "heads", "size"), {"scale": 1.0}),
        ):
            for large in (None, *sizes):
                instruction = Instruction(operation=operation, inputs=[0, 1, 2])
                for name in sizes:
                    # A kernel counts twice.
                    value = (1 << 16 if name == "kernel" else side) if name == large else 1
                    instruction.attributes.add(name=name, integers=[value])
                for name, value in others.items():
                    if isinstance(value, str):
                        instruction.attributes.add(name=name, text=value)
                    elif isinstance(value, float):
                        instruction.attributes.add(name=name, numbers=[value])
                    else:
                        instruction.attributes.add(name=name, integers=[value])
                with self.subTest(operation, large=large):
                    if large is None:
                        signature(instruction)
                    else:
                        with self.assertRaisesRegex(BundleError, "matrix of .* rows or columns"):
                            signature(instruction)

    def test_general_operations_fit(self) -> None:
        def given(operation: str, operands: int, **values: object) -> Instruction:
            instruction = Instruction(operation=operation, inputs=range(operands))
            for name, value in values.items():
                if isinstance(value, str):
                    instruction.attributes.add(name=name, text=value)
                elif isinstance(value, float):
                    instruction.attributes.add(name=name, numbers=[value])
                else:
                    sizes = value if isinstance(value, list) else [value]
                    instruction.attributes.add(name=name, integers=sizes)
            return instruction

        sums = given("binary", 2, function="add", a=[2, 1], b=[1, 3])
        self.assertEqual(signature(sums).result.shape, 6)
        picks = given("pick", 1, outer=2, extent=3, inner=4, indices=[-1, 2])
        self.assertEqual(signature(picks).result.shape, 16)
        products = given(
            "matmul", 2, batches=4, a_batches=1, b_batches=4, rows=2, inner=3, columns=5
        )
        self.assertEqual(signature(products).result.shape, 40)
        self.assertEqual(signature(given("join", 2, outer=2, widths=[3, 1])).result.shape, 8)
        sizes = {"heads": 2, "size": 4, "queries": 3, "keys": 5, "scale": 1.0}
        attends = given("masked_attention", 4, **sizes, mask_heads=1, mask_queries=3)
        self.assertEqual([operand.shape for operand in signature(attends).operands], [24, 40, 40, 15])
        turns = given("rotate", 3, pairs="halves", outer=2, length=3, inner=1, size=4)
        self.assertEqual([operand.shape for operand in signature(turns).operands], [24, 12, 12])
        for wrong in (
            given("masked_attention", 4, **sizes, mask_heads=3, mask_queries=3),
            given("masked_attention", 3, **sizes, mask_heads=1, mask_queries=3),
            given("rotate", 3, pairs="halves", outer=2, length=3, inner=1, size=3),
            given("binary", 2, function="add", a=[2, 1], b=[3]),
            given("binary", 2, function="add", a=[2], b=[3]),
            given("binary", 2, function="add", a=[1 << 39, 1], b=[1, 1 << 39]),
            given("pick", 1, outer=2, extent=3, inner=4, indices=[3]),
            given("pick", 1, outer=2, extent=3, inner=4, indices=[-2]),
            given("join", 2, outer=2, widths=[3, -1]),
            given("join", 1, outer=2, widths=[3, 1]),
            given("matmul", 2, batches=4, a_batches=2, b_batches=4, rows=2, inner=3, columns=5),
            given(
                "group_norm", 1, groups=3, channels=4, pixels=1, epsilon=0.0, affine=0,
                activation="none",
            ),
        ):  # fmt: skip
            with self.subTest(wrong.operation), self.assertRaises(BundleError):
                signature(wrong)
        with self.assertRaises(UnsupportedBundle):
            signature(given("unary", 1, function="gamma", count=3))
        with self.assertRaises(UnsupportedBundle):
            signature(given("rotate", 3, pairs="thirds", outer=1, length=1, inner=1, size=4))

    def test_attributes_have_one_form(self) -> None:
        both = Attribute(name="count", integers=[4], text="4")
        with self.assertRaisesRegex(BundleError, "add.count is not integers"):
            signature(Instruction(operation="add", attributes=[both], inputs=[0, 1]))


if __name__ == "__main__":
    unittest.main()
