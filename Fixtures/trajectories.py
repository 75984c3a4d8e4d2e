"""Writes trajectories.json: timesteps, cumulative alphas and states of diffusers' DDIM and DDPM.

    python trajectories.py > trajectories.json

The arithmetic is diffusers', in float64 over its float32 cumulative alphas, so that a difference is
a difference in method and not in rounding. The network is f(x, t) = 0.8 sin(x + t / 100); fresh
noise of element e before step k is sqrt(2) sin(1.7 (k + 1) + 2.3 e).

Written with diffusers 0.42.1, torch 2.13.0.
"""

import itertools
import json
import math

import diffusers
import torch
from diffusers.schedulers import scheduling_ddpm

INITIAL = [-1.7, -0.4, 0.3, 2.1]
SCHEDULES = {
    "linear": {},
    "scaled_linear": {"beta_start": 0.00085, "beta_end": 0.012},
    "squaredcos_cap_v2": {},
}
PREDICTIONS = ["epsilon", "sample", "v_prediction"]
SPACINGS = ["leading", "trailing", "linspace"]


def noise(step):
    return torch.tensor(
        [math.sqrt(2) * math.sin(1.7 * (step + 1) + 2.3 * e) for e in range(len(INITIAL))],
        dtype=torch.float64)


def case(fields, steps, eta=0.0, name="DDIMScheduler"):
    fields = {"clip_sample": False} | fields
    scheduler = getattr(diffusers, name)(**fields)
    scheduler.alphas_cumprod = scheduler.alphas_cumprod.double()
    if name == "DDIMScheduler":
        scheduler.final_alpha_cumprod = scheduler.final_alpha_cumprod.double()
    else:
        scheduler.one = scheduler.one.double()
    scheduler.set_timesteps(steps)
    x = torch.tensor(INITIAL, dtype=torch.float64)
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
    alphas = scheduler.alphas_cumprod.tolist()
    sampled = sorted({0, 1, len(alphas) // 3, len(alphas) - 2, len(alphas) - 1})
    kept = sorted({0, steps // 2, steps - 1})
    return {
        "class": name, "fields": fields, "steps": steps, "eta": eta,
        "timesteps": scheduler.timesteps.tolist(),
        "alphas": {str(t): alphas[t] for t in sampled},
        "states": {str(k): states[k] for k in kept},
    }


def cases():
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


def main():
    made = [json.dumps(made, separators=(",", ":")) for made in cases()]
    print(json.dumps({"initial": INITIAL})[:-1] + ', "cases": [\n' + ",\n".join(made) + "\n]}")


main()
