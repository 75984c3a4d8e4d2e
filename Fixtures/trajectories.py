"""Writes trajectories.json: timesteps, noise levels and states of diffusers' samplers.

    python trajectories.py > trajectories.json
    python trajectories.py --check trajectories.json

The arithmetic is diffusers', in float64 over its float32 noise levels, so that a difference is a
difference in method and not in rounding. The network is f(x, t) = 0.8 sin(x + t / 100); fresh
noise of element e before step k is sqrt(2) sin(1.7 (k + 1) + 2.3 e). Unit noise is scaled, and what
the network sees is scaled, as the sampler asks.

Written with diffusers 0.42.1, torch 2.13.0.
"""

import itertools
import json
import math
import sys
import types

import diffusers
import numpy as np
import torch
from diffusers.schedulers import (
    scheduling_ddpm, scheduling_dpmsolver_multistep, scheduling_euler_discrete,
    scheduling_flow_match_euler_discrete)

from comparison import report

INITIAL = [-1.7, -0.4, 0.3, 2.1]
SCHEDULES = {
    "linear": {},
    "scaled_linear": {"beta_start": 0.00085, "beta_end": 0.012},
    "squaredcos_cap_v2": {},
}
PREDICTIONS = ["epsilon", "sample", "v_prediction"]
SPACINGS = ["leading", "trailing", "linspace"]
EULER = "EulerDiscreteScheduler"
SOLVER = "DPMSolverMultistepScheduler"
FLOW = "FlowMatchEulerDiscreteScheduler"


class DoubleTorch(types.ModuleType):
    """torch whose float32 is float64: steps of Euler and DPM-Solver cast their states."""

    float32 = torch.float64

    def __getattr__(self, name):
        return getattr(torch, name)


def noise(step):
    return torch.tensor(
        [math.sqrt(2) * math.sin(1.7 * (step + 1) + 2.3 * e) for e in range(len(INITIAL))],
        dtype=torch.float64)


def state():
    return torch.tensor(INITIAL, dtype=torch.float64)


def alphas(scheduler):
    alphas = scheduler.alphas_cumprod.tolist()
    sampled = sorted({0, 1, len(alphas) // 3, len(alphas) - 2, len(alphas) - 1})
    return {str(t): alphas[t] for t in sampled}


def result(name, fields, steps, scheduler, states, **more):
    kept = sorted({0, 1, steps // 2, steps - 2, steps - 1} & set(range(steps)))
    return {
        "class": name, "fields": fields, "steps": steps,
        "timesteps": scheduler.timesteps.tolist(),
        "states": {str(k): states[k] for k in kept},
    } | more


def case(fields, steps, eta=0.0, name="DDIMScheduler"):
    fields = {"clip_sample": False} | fields
    scheduler = getattr(diffusers, name)(**fields)
    scheduler.alphas_cumprod = scheduler.alphas_cumprod.double()
    if name == "DDIMScheduler":
        scheduler.final_alpha_cumprod = scheduler.final_alpha_cumprod.double()
    else:
        scheduler.one = scheduler.one.double()
    scheduler.set_timesteps(steps)
    x = state()
    states = []
    for k, t in enumerate(scheduler.timesteps.tolist()):
        f = 0.8 * torch.sin(x + t / 100)
        if name == "DDIMScheduler":
            x = scheduler.step(f, t, x, eta=eta, variance_noise=noise(k) if eta else None)
        else:
            scheduling_ddpm.randn_tensor = lambda *_, **__: noise(k)
            # The class looks at the channel axis of its tensors.
            x = scheduler.step(f[None], t, x[None])
        x = x.prev_sample.reshape(-1)
        states.append(x.tolist())
    return result(name, fields, steps, scheduler, states, eta=eta, alphas=alphas(scheduler))


def sigma_case(name, module, fields, steps, **timesteps):
    """Of a sampler that counts its steps and keeps its noise levels in `sigmas`."""
    scheduler = getattr(diffusers, name)(**fields)
    scheduler.set_timesteps(**(timesteps or {"num_inference_steps": steps}))
    scheduler.sigmas = scheduler.sigmas.double()
    scheduler.set_begin_index(0)
    x = state() * (1.0 if name == FLOW else float(scheduler.init_noise_sigma))
    states = []
    module.torch = DoubleTorch("torch")
    for t in scheduler.timesteps:
        scaled = x if name == FLOW else scheduler.scale_model_input(x, t)
        x = scheduler.step(0.8 * torch.sin(scaled + float(t) / 100), t, x).prev_sample
        states.append(x.tolist())
    module.torch = torch
    has_betas = name != FLOW and not fields.get("use_flow_sigmas")
    more = {"alphas": alphas(scheduler)} if has_betas else {}
    return result(
        name, fields, steps, scheduler, states, sigmas=scheduler.sigmas.tolist(), eta=0.0, **more)


def euler(fields, steps):
    return sigma_case(EULER, scheduling_euler_discrete, fields, steps)


def solver(fields, steps):
    return sigma_case(SOLVER, scheduling_dpmsolver_multistep, fields, steps)


def flow(fields, steps, tokens=None, ends_evenly=False):
    """Where `tokens` are given, the shift is what FLUX's pipeline makes of them."""
    timesteps = {"num_inference_steps": steps}
    if tokens:
        slope = (fields["max_shift"] - fields["base_shift"]) / (
            fields["max_image_seq_len"] - fields["base_image_seq_len"])
        timesteps["mu"] = fields["base_shift"] + slope * (tokens - fields["base_image_seq_len"])
    if ends_evenly:
        timesteps["sigmas"] = np.linspace(1.0, 1 / steps, steps)
    made = sigma_case(FLOW, scheduling_flow_match_euler_discrete, fields, steps, **timesteps)
    return made | {"image_tokens": tokens, "ends_evenly": ends_evenly}


def ddim_cases():
    steps = itertools.cycle([20, 4, 50, 1, 30])
    others = itertools.cycle(itertools.product([0, 1], [True, False], [0.0, 0.5]))
    for (schedule, betas), prediction, spacing in itertools.product(
            SCHEDULES.items(), PREDICTIONS, SPACINGS):
        offset, to_one, eta = next(others)
        yield case(
            {"beta_schedule": schedule, "prediction_type": prediction,
             "timestep_spacing": spacing, "steps_offset": offset,
             "set_alpha_to_one": to_one} | betas, next(steps), eta)
    for prediction in PREDICTIONS:
        common = {"prediction_type": prediction}
        yield case(common | {"set_alpha_to_one": False}, 20)
        yield case(common | {"clip_sample": True, "clip_sample_range": 0.9}, 20)
        yield case(common, 20, 1.0, "DDPMScheduler")
        yield case(common | {"clip_sample": True, "timestep_spacing": "linspace"}, 30, 1.0,
                   "DDPMScheduler")
    for prediction in ["sample", "v_prediction"]:
        yield case({"prediction_type": prediction, "timestep_spacing": "trailing",
                    "rescale_betas_zero_snr": True} | SCHEDULES["scaled_linear"], 20)
    yield case({"num_train_timesteps": 50}, 50)
    betas = [0.01 + 0.002 * t for t in range(40)]
    yield case({"num_train_timesteps": 40, "trained_betas": betas}, 7, 0.3)


def sigma_cases(make):
    """Every spacing with every prediction and both kinds of levels."""
    steps = itertools.cycle([5, 20, 8, 1, 15])
    others = itertools.cycle(itertools.product(["zero", "sigma_min"], [0, 1]))
    schedules = itertools.cycle(SCHEDULES.items())
    for prediction, spacing, karras in itertools.product(PREDICTIONS, SPACINGS, [False, True]):
        (schedule, betas), (final, offset) = next(schedules), next(others)
        yield make(
            {"beta_schedule": schedule, "prediction_type": prediction,
             "timestep_spacing": spacing, "use_karras_sigmas": karras,
             "final_sigmas_type": final, "steps_offset": offset} | betas, next(steps))
    yield make({"prediction_type": "v_prediction", "timestep_spacing": "trailing",
                "rescale_betas_zero_snr": True}, 6)


def solver_cases():
    yield from sigma_cases(solver)
    least = {"final_sigmas_type": "sigma_min"}
    for more in [
            {"solver_type": "heun"}, {"solver_order": 1}, {"lower_order_final": False} | least,
            {"euler_at_final": True, "lower_order_final": False} | least,
            {"algorithm_type": "deis", "solver_type": "logrho"} | least]:
        yield solver({"timestep_spacing": "trailing"} | more, 6)
    for spacing in ["leading", "linspace"]:
        yield solver({"beta_schedule": "squaredcos_cap_v2", "lambda_min_clipped": -5.1,
                      "timestep_spacing": spacing}, 6)
    for shift in [1.0, 3.0]:
        yield solver({"use_flow_sigmas": True, "flow_shift": shift,
                      "prediction_type": "flow_prediction"}, 16)


def flow_cases():
    dynamic = {"use_dynamic_shifting": True, "base_shift": 0.5, "max_shift": 1.15,
               "base_image_seq_len": 256, "max_image_seq_len": 4096}
    for steps in [1, 4, 28]:
        yield flow({}, steps)
        yield flow({"shift": 3.0}, steps)
        yield flow(dynamic, steps, 1024, True)
    yield flow(dynamic, 4, 4096)
    yield flow({"shift": 1.0}, 4, ends_evenly=True)
    yield flow(dynamic | {"shift_terminal": 0.1}, 6, 300, True)
    yield flow({"shift": 2.0, "shift_terminal": 0.02, "num_train_timesteps": 500}, 6)


def numbers(value):
    """All numbers of a JSON value, in order, and its words and keys in a second list."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return [], [value]
    if isinstance(value, (int, float)):
        return [value], []
    parts = [numbers(part) for part in (value.values() if isinstance(value, dict) else value)]
    keys = list(value) if isinstance(value, dict) else []
    return [n for part in parts for n in part[0]], keys + [w for part in parts for w in part[1]]


def check(path, made):
    """Compares recorded cases with those made now, each by its largest number."""
    with open(path) as file:
        recorded = json.load(file)["cases"]
    error = 0.0 if len(recorded) == len(made) else math.inf
    for old, new in zip(recorded, made):
        (old_numbers, old_words), (new_numbers, new_words) = numbers(old), numbers(new)
        if old_words != new_words or len(old_numbers) != len(new_numbers):
            error = math.inf
            break
        scale = max(map(abs, old_numbers))
        error = max(error, *(abs(a - b) / scale for a, b in zip(old_numbers, new_numbers)))
    if not report(path, error, 1e-5):
        sys.exit(1)


def main():
    cases = itertools.chain(ddim_cases(), sigma_cases(euler), solver_cases(), flow_cases())
    if sys.argv[1:2] == ["--check"]:
        check(sys.argv[2], list(cases))
        return
    made = [json.dumps(made, separators=(",", ":")) for made in cases]
    print(json.dumps({"initial": INITIAL})[:-1] + ', "cases": [\n' + ",\n".join(made) + "\n]}")


main()
