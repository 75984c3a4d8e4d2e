from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

CODEC_PLANES: Codec
CODEC_RAW: Codec
CODEC_ZSTD: Codec
DESCRIPTOR: _descriptor.FileDescriptor
STORAGE_ARENA: StorageKind
STORAGE_INPUT: StorageKind
STORAGE_OUTPUT: StorageKind
STORAGE_VIEW: StorageKind
STORAGE_WEIGHT: StorageKind

class Attribute(_message.Message):
    __slots__ = ["integers", "name", "numbers", "text"]
    INTEGERS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    NUMBERS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    integers: _containers.RepeatedScalarFieldContainer[int]
    name: str
    numbers: _containers.RepeatedScalarFieldContainer[float]
    text: str
    def __init__(self, name: _Optional[str] = ..., integers: _Optional[_Iterable[int]] = ..., numbers: _Optional[_Iterable[float]] = ..., text: _Optional[str] = ...) -> None: ...

class ChunkContent(_message.Message):
    __slots__ = ["raw_size", "sha256"]
    RAW_SIZE_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    raw_size: int
    sha256: bytes
    def __init__(self, raw_size: _Optional[int] = ..., sha256: _Optional[bytes] = ...) -> None: ...

class Content(_message.Message):
    __slots__ = ["chunks", "generator", "graph_text", "groups", "model", "plans", "proof", "provenance", "schedule", "scheduler", "sensitivity", "tensors", "variants"]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    GENERATOR_FIELD_NUMBER: _ClassVar[int]
    GRAPH_TEXT_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    PLANS_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    SCHEDULER_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    SENSITIVITY_FIELD_NUMBER: _ClassVar[int]
    TENSORS_FIELD_NUMBER: _ClassVar[int]
    VARIANTS_FIELD_NUMBER: _ClassVar[int]
    chunks: _containers.RepeatedCompositeFieldContainer[ChunkContent]
    generator: str
    graph_text: str
    groups: _containers.RepeatedCompositeFieldContainer[Group]
    model: Model
    plans: _containers.RepeatedCompositeFieldContainer[Plan]
    proof: Proof
    provenance: Provenance
    schedule: Schedule
    scheduler: Scheduler
    sensitivity: _containers.RepeatedCompositeFieldContainer[SensitivityCurve]
    tensors: _containers.RepeatedCompositeFieldContainer[Tensor]
    variants: _containers.RepeatedCompositeFieldContainer[Variant]
    def __init__(self, generator: _Optional[str] = ..., provenance: _Optional[_Union[Provenance, _Mapping]] = ..., model: _Optional[_Union[Model, _Mapping]] = ..., scheduler: _Optional[_Union[Scheduler, _Mapping]] = ..., graph_text: _Optional[str] = ..., groups: _Optional[_Iterable[_Union[Group, _Mapping]]] = ..., tensors: _Optional[_Iterable[_Union[Tensor, _Mapping]]] = ..., chunks: _Optional[_Iterable[_Union[ChunkContent, _Mapping]]] = ..., variants: _Optional[_Iterable[_Union[Variant, _Mapping]]] = ..., schedule: _Optional[_Union[Schedule, _Mapping]] = ..., sensitivity: _Optional[_Iterable[_Union[SensitivityCurve, _Mapping]]] = ..., proof: _Optional[_Union[Proof, _Mapping]] = ..., plans: _Optional[_Iterable[_Union[Plan, _Mapping]]] = ...) -> None: ...

class DynamicShift(_message.Message):
    __slots__ = ["base_shift", "base_tokens", "image_tokens", "max_shift", "max_tokens"]
    BASE_SHIFT_FIELD_NUMBER: _ClassVar[int]
    BASE_TOKENS_FIELD_NUMBER: _ClassVar[int]
    IMAGE_TOKENS_FIELD_NUMBER: _ClassVar[int]
    MAX_SHIFT_FIELD_NUMBER: _ClassVar[int]
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    base_shift: float
    base_tokens: int
    image_tokens: int
    max_shift: float
    max_tokens: int
    def __init__(self, base_shift: _Optional[float] = ..., max_shift: _Optional[float] = ..., base_tokens: _Optional[int] = ..., max_tokens: _Optional[int] = ..., image_tokens: _Optional[int] = ...) -> None: ...

class Flow(_message.Message):
    __slots__ = ["dynamic_shift", "ends_evenly", "shift", "terminal"]
    DYNAMIC_SHIFT_FIELD_NUMBER: _ClassVar[int]
    ENDS_EVENLY_FIELD_NUMBER: _ClassVar[int]
    SHIFT_FIELD_NUMBER: _ClassVar[int]
    TERMINAL_FIELD_NUMBER: _ClassVar[int]
    dynamic_shift: DynamicShift
    ends_evenly: bool
    shift: float
    terminal: float
    def __init__(self, shift: _Optional[float] = ..., dynamic_shift: _Optional[_Union[DynamicShift, _Mapping]] = ..., terminal: _Optional[float] = ..., ends_evenly: bool = ...) -> None: ...

class Group(_message.Message):
    __slots__ = ["consumer", "kind", "macs_per_unit", "name", "order", "producers", "unit_count", "unit_size"]
    CONSUMER_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    MACS_PER_UNIT_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    PRODUCERS_FIELD_NUMBER: _ClassVar[int]
    UNIT_COUNT_FIELD_NUMBER: _ClassVar[int]
    UNIT_SIZE_FIELD_NUMBER: _ClassVar[int]
    consumer: str
    kind: str
    macs_per_unit: int
    name: str
    order: _containers.RepeatedScalarFieldContainer[int]
    producers: _containers.RepeatedScalarFieldContainer[str]
    unit_count: int
    unit_size: int
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[str] = ..., unit_count: _Optional[int] = ..., unit_size: _Optional[int] = ..., producers: _Optional[_Iterable[str]] = ..., consumer: _Optional[str] = ..., macs_per_unit: _Optional[int] = ..., order: _Optional[_Iterable[int]] = ...) -> None: ...

class Instruction(_message.Message):
    __slots__ = ["attributes", "inputs", "operation", "output"]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    attributes: _containers.RepeatedCompositeFieldContainer[Attribute]
    inputs: _containers.RepeatedScalarFieldContainer[int]
    operation: str
    output: int
    def __init__(self, operation: _Optional[str] = ..., attributes: _Optional[_Iterable[_Union[Attribute, _Mapping]]] = ..., inputs: _Optional[_Iterable[int]] = ..., output: _Optional[int] = ...) -> None: ...

class KeptUnits(_message.Message):
    __slots__ = ["group", "runs"]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    RUNS_FIELD_NUMBER: _ClassVar[int]
    group: int
    runs: _containers.RepeatedCompositeFieldContainer[Run]
    def __init__(self, group: _Optional[int] = ..., runs: _Optional[_Iterable[_Union[Run, _Mapping]]] = ...) -> None: ...

class Manifest(_message.Message):
    __slots__ = ["content", "storage"]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    STORAGE_FIELD_NUMBER: _ClassVar[int]
    content: Content
    storage: Storage
    def __init__(self, content: _Optional[_Union[Content, _Mapping]] = ..., storage: _Optional[_Union[Storage, _Mapping]] = ...) -> None: ...

class Model(_message.Message):
    __slots__ = ["architecture", "class_count", "class_input", "class_names", "conditioning_inputs", "has_learned_sigma", "has_null_class", "null_class", "output_channels", "sample_input", "sample_shape", "timestep_input", "timestep_scale"]
    ARCHITECTURE_FIELD_NUMBER: _ClassVar[int]
    CLASS_COUNT_FIELD_NUMBER: _ClassVar[int]
    CLASS_INPUT_FIELD_NUMBER: _ClassVar[int]
    CLASS_NAMES_FIELD_NUMBER: _ClassVar[int]
    CONDITIONING_INPUTS_FIELD_NUMBER: _ClassVar[int]
    HAS_LEARNED_SIGMA_FIELD_NUMBER: _ClassVar[int]
    HAS_NULL_CLASS_FIELD_NUMBER: _ClassVar[int]
    NULL_CLASS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_CHANNELS_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_INPUT_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_SHAPE_FIELD_NUMBER: _ClassVar[int]
    TIMESTEP_INPUT_FIELD_NUMBER: _ClassVar[int]
    TIMESTEP_SCALE_FIELD_NUMBER: _ClassVar[int]
    architecture: str
    class_count: int
    class_input: str
    class_names: _containers.RepeatedScalarFieldContainer[str]
    conditioning_inputs: _containers.RepeatedScalarFieldContainer[str]
    has_learned_sigma: bool
    has_null_class: bool
    null_class: int
    output_channels: int
    sample_input: str
    sample_shape: _containers.RepeatedScalarFieldContainer[int]
    timestep_input: str
    timestep_scale: float
    def __init__(self, architecture: _Optional[str] = ..., sample_shape: _Optional[_Iterable[int]] = ..., output_channels: _Optional[int] = ..., has_learned_sigma: bool = ..., class_count: _Optional[int] = ..., has_null_class: bool = ..., null_class: _Optional[int] = ..., class_names: _Optional[_Iterable[str]] = ..., sample_input: _Optional[str] = ..., timestep_input: _Optional[str] = ..., class_input: _Optional[str] = ..., conditioning_inputs: _Optional[_Iterable[str]] = ..., timestep_scale: _Optional[float] = ...) -> None: ...

class Piece(_message.Message):
    __slots__ = ["byte_count", "chunk", "offset"]
    BYTE_COUNT_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    byte_count: int
    chunk: int
    offset: int
    def __init__(self, chunk: _Optional[int] = ..., offset: _Optional[int] = ..., byte_count: _Optional[int] = ...) -> None: ...

class Plan(_message.Message):
    __slots__ = ["budget", "eta", "forecasts", "guidance", "mac_share", "maps", "measured", "plan_steps", "predicted", "rank", "sampler", "steps", "units"]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    ETA_FIELD_NUMBER: _ClassVar[int]
    FORECASTS_FIELD_NUMBER: _ClassVar[int]
    GUIDANCE_FIELD_NUMBER: _ClassVar[int]
    MAC_SHARE_FIELD_NUMBER: _ClassVar[int]
    MAPS_FIELD_NUMBER: _ClassVar[int]
    MEASURED_FIELD_NUMBER: _ClassVar[int]
    PLAN_STEPS_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    SAMPLER_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    budget: float
    eta: float
    forecasts: int
    guidance: float
    mac_share: float
    maps: int
    measured: PlanError
    plan_steps: _containers.RepeatedCompositeFieldContainer[PlanStep]
    predicted: PlanError
    rank: int
    sampler: str
    steps: int
    units: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, sampler: _Optional[str] = ..., eta: _Optional[float] = ..., steps: _Optional[int] = ..., guidance: _Optional[float] = ..., units: _Optional[_Iterable[str]] = ..., plan_steps: _Optional[_Iterable[_Union[PlanStep, _Mapping]]] = ..., budget: _Optional[float] = ..., mac_share: _Optional[float] = ..., predicted: _Optional[_Union[PlanError, _Mapping]] = ..., measured: _Optional[_Union[PlanError, _Mapping]] = ..., forecasts: _Optional[int] = ..., maps: _Optional[int] = ..., rank: _Optional[int] = ...) -> None: ...

class PlanError(_message.Message):
    __slots__ = ["lower", "mean", "samples", "upper"]
    LOWER_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    UPPER_FIELD_NUMBER: _ClassVar[int]
    lower: float
    mean: float
    samples: int
    upper: float
    def __init__(self, mean: _Optional[float] = ..., lower: _Optional[float] = ..., upper: _Optional[float] = ..., samples: _Optional[int] = ...) -> None: ...

class PlanStep(_message.Message):
    __slots__ = ["orders", "unneeded", "variant"]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    UNNEEDED_FIELD_NUMBER: _ClassVar[int]
    VARIANT_FIELD_NUMBER: _ClassVar[int]
    orders: bytes
    unneeded: bool
    variant: int
    def __init__(self, variant: _Optional[int] = ..., orders: _Optional[bytes] = ..., unneeded: bool = ...) -> None: ...

class Port(_message.Message):
    __slots__ = ["element", "name", "shape"]
    ELEMENT_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    element: str
    name: str
    shape: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, name: _Optional[str] = ..., shape: _Optional[_Iterable[int]] = ..., element: _Optional[str] = ...) -> None: ...

class Program(_message.Message):
    __slots__ = ["arena_size", "inputs", "instructions", "output_shape", "reusable_units", "values", "weights"]
    ARENA_SIZE_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    INSTRUCTIONS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_SHAPE_FIELD_NUMBER: _ClassVar[int]
    REUSABLE_UNITS_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    arena_size: int
    inputs: _containers.RepeatedCompositeFieldContainer[Port]
    instructions: _containers.RepeatedCompositeFieldContainer[Instruction]
    output_shape: _containers.RepeatedScalarFieldContainer[int]
    reusable_units: _containers.RepeatedCompositeFieldContainer[ReusableUnit]
    values: _containers.RepeatedCompositeFieldContainer[Value]
    weights: _containers.RepeatedCompositeFieldContainer[Weight]
    def __init__(self, inputs: _Optional[_Iterable[_Union[Port, _Mapping]]] = ..., output_shape: _Optional[_Iterable[int]] = ..., weights: _Optional[_Iterable[_Union[Weight, _Mapping]]] = ..., values: _Optional[_Iterable[_Union[Value, _Mapping]]] = ..., instructions: _Optional[_Iterable[_Union[Instruction, _Mapping]]] = ..., arena_size: _Optional[int] = ..., reusable_units: _Optional[_Iterable[_Union[ReusableUnit, _Mapping]]] = ...) -> None: ...

class Proof(_message.Message):
    __slots__ = ["compared_with_original", "dense_macs", "measured_mse", "median", "mosaic_macs", "parity_max_relative", "parity_op_samples_max", "predicted_mse", "samples", "standard_error", "uniform_macs", "uniform_measured_mse"]
    COMPARED_WITH_ORIGINAL_FIELD_NUMBER: _ClassVar[int]
    DENSE_MACS_FIELD_NUMBER: _ClassVar[int]
    MEASURED_MSE_FIELD_NUMBER: _ClassVar[int]
    MEDIAN_FIELD_NUMBER: _ClassVar[int]
    MOSAIC_MACS_FIELD_NUMBER: _ClassVar[int]
    PARITY_MAX_RELATIVE_FIELD_NUMBER: _ClassVar[int]
    PARITY_OP_SAMPLES_MAX_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_MSE_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    STANDARD_ERROR_FIELD_NUMBER: _ClassVar[int]
    UNIFORM_MACS_FIELD_NUMBER: _ClassVar[int]
    UNIFORM_MEASURED_MSE_FIELD_NUMBER: _ClassVar[int]
    compared_with_original: bool
    dense_macs: int
    measured_mse: float
    median: float
    mosaic_macs: int
    parity_max_relative: float
    parity_op_samples_max: float
    predicted_mse: float
    samples: int
    standard_error: float
    uniform_macs: int
    uniform_measured_mse: float
    def __init__(self, parity_max_relative: _Optional[float] = ..., parity_op_samples_max: _Optional[float] = ..., compared_with_original: bool = ..., samples: _Optional[int] = ..., predicted_mse: _Optional[float] = ..., measured_mse: _Optional[float] = ..., standard_error: _Optional[float] = ..., median: _Optional[float] = ..., uniform_measured_mse: _Optional[float] = ..., dense_macs: _Optional[int] = ..., mosaic_macs: _Optional[int] = ..., uniform_macs: _Optional[int] = ...) -> None: ...

class Provenance(_message.Message):
    __slots__ = ["arguments", "seed", "sources"]
    ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    arguments: _containers.RepeatedScalarFieldContainer[str]
    seed: int
    sources: _containers.RepeatedCompositeFieldContainer[Source]
    def __init__(self, sources: _Optional[_Iterable[_Union[Source, _Mapping]]] = ..., seed: _Optional[int] = ..., arguments: _Optional[_Iterable[str]] = ...) -> None: ...

class ReusableUnit(_message.Message):
    __slots__ = ["input", "instruction", "name"]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    INSTRUCTION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    input: int
    instruction: int
    name: str
    def __init__(self, name: _Optional[str] = ..., instruction: _Optional[int] = ..., input: _Optional[int] = ...) -> None: ...

class Run(_message.Message):
    __slots__ = ["count", "start"]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    count: int
    start: int
    def __init__(self, start: _Optional[int] = ..., count: _Optional[int] = ...) -> None: ...

class Schedule(_message.Message):
    __slots__ = ["budget", "criterion", "guidance", "influence", "kind", "per_step", "sampler", "steps"]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    CRITERION_FIELD_NUMBER: _ClassVar[int]
    GUIDANCE_FIELD_NUMBER: _ClassVar[int]
    INFLUENCE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    PER_STEP_FIELD_NUMBER: _ClassVar[int]
    SAMPLER_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    budget: float
    criterion: str
    guidance: float
    influence: str
    kind: str
    per_step: _containers.RepeatedCompositeFieldContainer[ScheduleStep]
    sampler: str
    steps: int
    def __init__(self, kind: _Optional[str] = ..., criterion: _Optional[str] = ..., budget: _Optional[float] = ..., influence: _Optional[str] = ..., sampler: _Optional[str] = ..., steps: _Optional[int] = ..., guidance: _Optional[float] = ..., per_step: _Optional[_Iterable[_Union[ScheduleStep, _Mapping]]] = ...) -> None: ...

class ScheduleStep(_message.Message):
    __slots__ = ["influence", "log_snr", "predicted_error", "sparsity", "timestep", "variant"]
    INFLUENCE_FIELD_NUMBER: _ClassVar[int]
    LOG_SNR_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_ERROR_FIELD_NUMBER: _ClassVar[int]
    SPARSITY_FIELD_NUMBER: _ClassVar[int]
    TIMESTEP_FIELD_NUMBER: _ClassVar[int]
    VARIANT_FIELD_NUMBER: _ClassVar[int]
    influence: float
    log_snr: float
    predicted_error: float
    sparsity: float
    timestep: float
    variant: int
    def __init__(self, timestep: _Optional[float] = ..., log_snr: _Optional[float] = ..., variant: _Optional[int] = ..., sparsity: _Optional[float] = ..., influence: _Optional[float] = ..., predicted_error: _Optional[float] = ...) -> None: ...

class Scheduler(_message.Message):
    __slots__ = ["beta_end", "beta_schedule", "beta_start", "class_name", "clip_sample_range", "clips_sample", "eta", "final_sigmas", "flow", "karras_sigmas", "prediction", "rescale_betas_zero_snr", "sampler", "set_alpha_to_one", "solver", "spacing", "steps_offset", "train_steps", "trained_betas"]
    BETA_END_FIELD_NUMBER: _ClassVar[int]
    BETA_SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    BETA_START_FIELD_NUMBER: _ClassVar[int]
    CLASS_NAME_FIELD_NUMBER: _ClassVar[int]
    CLIPS_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    CLIP_SAMPLE_RANGE_FIELD_NUMBER: _ClassVar[int]
    ETA_FIELD_NUMBER: _ClassVar[int]
    FINAL_SIGMAS_FIELD_NUMBER: _ClassVar[int]
    FLOW_FIELD_NUMBER: _ClassVar[int]
    KARRAS_SIGMAS_FIELD_NUMBER: _ClassVar[int]
    PREDICTION_FIELD_NUMBER: _ClassVar[int]
    RESCALE_BETAS_ZERO_SNR_FIELD_NUMBER: _ClassVar[int]
    SAMPLER_FIELD_NUMBER: _ClassVar[int]
    SET_ALPHA_TO_ONE_FIELD_NUMBER: _ClassVar[int]
    SOLVER_FIELD_NUMBER: _ClassVar[int]
    SPACING_FIELD_NUMBER: _ClassVar[int]
    STEPS_OFFSET_FIELD_NUMBER: _ClassVar[int]
    TRAINED_BETAS_FIELD_NUMBER: _ClassVar[int]
    TRAIN_STEPS_FIELD_NUMBER: _ClassVar[int]
    beta_end: float
    beta_schedule: str
    beta_start: float
    class_name: str
    clip_sample_range: float
    clips_sample: bool
    eta: float
    final_sigmas: str
    flow: Flow
    karras_sigmas: bool
    prediction: str
    rescale_betas_zero_snr: bool
    sampler: str
    set_alpha_to_one: bool
    solver: Solver
    spacing: str
    steps_offset: int
    train_steps: int
    trained_betas: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, class_name: _Optional[str] = ..., train_steps: _Optional[int] = ..., beta_start: _Optional[float] = ..., beta_end: _Optional[float] = ..., beta_schedule: _Optional[str] = ..., trained_betas: _Optional[_Iterable[float]] = ..., prediction: _Optional[str] = ..., spacing: _Optional[str] = ..., steps_offset: _Optional[int] = ..., set_alpha_to_one: bool = ..., clips_sample: bool = ..., clip_sample_range: _Optional[float] = ..., rescale_betas_zero_snr: bool = ..., eta: _Optional[float] = ..., sampler: _Optional[str] = ..., karras_sigmas: bool = ..., final_sigmas: _Optional[str] = ..., solver: _Optional[_Union[Solver, _Mapping]] = ..., flow: _Optional[_Union[Flow, _Mapping]] = ...) -> None: ...

class SensitivityCurve(_message.Message):
    __slots__ = ["errors", "sparsities", "step"]
    ERRORS_FIELD_NUMBER: _ClassVar[int]
    SPARSITIES_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    errors: _containers.RepeatedScalarFieldContainer[float]
    sparsities: _containers.RepeatedScalarFieldContainer[float]
    step: int
    def __init__(self, step: _Optional[int] = ..., sparsities: _Optional[_Iterable[float]] = ..., errors: _Optional[_Iterable[float]] = ...) -> None: ...

class Solver(_message.Message):
    __slots__ = ["euler_at_final", "kind", "least_lambda", "lower_order_final", "order"]
    EULER_AT_FINAL_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    LEAST_LAMBDA_FIELD_NUMBER: _ClassVar[int]
    LOWER_ORDER_FINAL_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    euler_at_final: bool
    kind: str
    least_lambda: float
    lower_order_final: bool
    order: int
    def __init__(self, order: _Optional[int] = ..., kind: _Optional[str] = ..., lower_order_final: bool = ..., euler_at_final: bool = ..., least_lambda: _Optional[float] = ...) -> None: ...

class Source(_message.Message):
    __slots__ = ["name", "sha256"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    name: str
    sha256: bytes
    def __init__(self, name: _Optional[str] = ..., sha256: _Optional[bytes] = ...) -> None: ...

class Storage(_message.Message):
    __slots__ = ["chunks", "zstd_version"]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    ZSTD_VERSION_FIELD_NUMBER: _ClassVar[int]
    chunks: _containers.RepeatedCompositeFieldContainer[StoredChunk]
    zstd_version: str
    def __init__(self, zstd_version: _Optional[str] = ..., chunks: _Optional[_Iterable[_Union[StoredChunk, _Mapping]]] = ...) -> None: ...

class StoredChunk(_message.Message):
    __slots__ = ["codec", "element_size", "offset", "plane_sizes", "stored_size", "xxh64"]
    CODEC_FIELD_NUMBER: _ClassVar[int]
    ELEMENT_SIZE_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    PLANE_SIZES_FIELD_NUMBER: _ClassVar[int]
    STORED_SIZE_FIELD_NUMBER: _ClassVar[int]
    XXH64_FIELD_NUMBER: _ClassVar[int]
    codec: Codec
    element_size: int
    offset: int
    plane_sizes: _containers.RepeatedScalarFieldContainer[int]
    stored_size: int
    xxh64: int
    def __init__(self, offset: _Optional[int] = ..., stored_size: _Optional[int] = ..., codec: _Optional[_Union[Codec, str]] = ..., element_size: _Optional[int] = ..., plane_sizes: _Optional[_Iterable[int]] = ..., xxh64: _Optional[int] = ...) -> None: ...

class Tensor(_message.Message):
    __slots__ = ["data_type", "name", "pieces", "shape"]
    DATA_TYPE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PIECES_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    data_type: str
    name: str
    pieces: _containers.RepeatedCompositeFieldContainer[Piece]
    shape: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, name: _Optional[str] = ..., data_type: _Optional[str] = ..., shape: _Optional[_Iterable[int]] = ..., pieces: _Optional[_Iterable[_Union[Piece, _Mapping]]] = ...) -> None: ...

class Value(_message.Message):
    __slots__ = ["index", "name", "offset", "shape", "storage"]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    STORAGE_FIELD_NUMBER: _ClassVar[int]
    index: int
    name: str
    offset: int
    shape: _containers.RepeatedScalarFieldContainer[int]
    storage: StorageKind
    def __init__(self, name: _Optional[str] = ..., shape: _Optional[_Iterable[int]] = ..., storage: _Optional[_Union[StorageKind, str]] = ..., index: _Optional[int] = ..., offset: _Optional[int] = ...) -> None: ...

class Variant(_message.Message):
    __slots__ = ["kept", "log_snr_lower", "log_snr_upper", "macs_per_sample", "name", "program", "sparsity", "weights"]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    LOG_SNR_LOWER_FIELD_NUMBER: _ClassVar[int]
    LOG_SNR_UPPER_FIELD_NUMBER: _ClassVar[int]
    MACS_PER_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROGRAM_FIELD_NUMBER: _ClassVar[int]
    SPARSITY_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    kept: _containers.RepeatedCompositeFieldContainer[KeptUnits]
    log_snr_lower: float
    log_snr_upper: float
    macs_per_sample: int
    name: str
    program: Program
    sparsity: float
    weights: _containers.RepeatedCompositeFieldContainer[WeightSource]
    def __init__(self, name: _Optional[str] = ..., log_snr_lower: _Optional[float] = ..., log_snr_upper: _Optional[float] = ..., program: _Optional[_Union[Program, _Mapping]] = ..., weights: _Optional[_Iterable[_Union[WeightSource, _Mapping]]] = ..., kept: _Optional[_Iterable[_Union[KeptUnits, _Mapping]]] = ..., macs_per_sample: _Optional[int] = ..., sparsity: _Optional[float] = ...) -> None: ...

class Weight(_message.Message):
    __slots__ = ["name", "shape"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    name: str
    shape: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, name: _Optional[str] = ..., shape: _Optional[_Iterable[int]] = ...) -> None: ...

class WeightSource(_message.Message):
    __slots__ = ["axis", "runs", "tensor"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    RUNS_FIELD_NUMBER: _ClassVar[int]
    TENSOR_FIELD_NUMBER: _ClassVar[int]
    axis: int
    runs: _containers.RepeatedCompositeFieldContainer[Run]
    tensor: int
    def __init__(self, tensor: _Optional[int] = ..., axis: _Optional[int] = ..., runs: _Optional[_Iterable[_Union[Run, _Mapping]]] = ...) -> None: ...

class Codec(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class StorageKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
