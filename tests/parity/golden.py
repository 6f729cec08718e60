"""Golden values of both models from PyTorch, in double precision.

    pip install torch safetensors && python tests/parity/golden.py

writes, for each model, size and channel count, `<case>-weights.safetensors` (what the test loads) and
`<case>-golden.safetensors` (what it must find): losses of three training steps, gradients of the first, weights after
the third (for AnoGAN also with alternating updates), and the end of 20 steps of AnoGAN's latent search; for one case
`<case>-bf16.safetensors` besides: the first step with convolutions in bfloat16. Written from the papers and from the
description of the authors' code; shares nothing with the Rust side but the names of the weights.
"""

import copy
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.functional import binary_cross_entropy as bce
from torch.nn.functional import conv2d, conv_transpose2d, leaky_relu, mse_loss, relu

WIDTH, LATENT, BATCH, STEPS, SEARCH_STEPS = 4, 8, 4, 3, 20
ADAM = {"lr": 2e-4, "betas": (0.5, 0.999), "eps": 1e-8}
BFLOAT16 = ("ganomaly", 16, 3)
LAMBDA, SEARCH_LEARNING_RATE = 0.1, 1e-2


class Down(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return leaky_relu(self.norm(self.conv(x)), 0.2)


class Up(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return relu(self.norm(self.conv(x)))


class Encoder(nn.Module):
    def __init__(self, size, channels, outputs):
        super().__init__()
        width = WIDTH
        self.first = nn.Conv2d(channels, width, 4, 2, 1, bias=False)
        self.down = nn.ModuleList()
        while size > 8:
            self.down.append(Down(width, 2 * width))
            size, width = size // 2, 2 * width
        self.head = nn.Conv2d(width, outputs, 4, bias=False)

    def features(self, x):
        x = leaky_relu(self.first(x), 0.2)
        for layer in self.down:
            x = layer(x)
        return x

    def forward(self, x):
        return self.head(self.features(x)).flatten(1)


class Decoder(nn.Module):
    def __init__(self, size, channels):
        super().__init__()
        width = WIDTH * size // 8
        self.head = nn.ConvTranspose2d(LATENT, width, 4, bias=False)
        self.head_norm = nn.BatchNorm2d(width)
        self.up = nn.ModuleList()
        while width > WIDTH:
            self.up.append(Up(width, width // 2))
            width //= 2
        self.last = nn.ConvTranspose2d(width, channels, 4, 2, 1, bias=False)

    def forward(self, z):
        x = relu(self.head_norm(self.head(z[:, :, None, None])))
        for layer in self.up:
            x = layer(x)
        return torch.tanh(self.last(x))


def dcgan(size, channels):
    return nn.ModuleDict({"generator": Decoder(size, channels), "discriminator": Encoder(size, channels, 1)})


def ganomaly(size, channels):
    return nn.ModuleDict(
        {
            "encoder": Encoder(size, channels, LATENT),
            "decoder": Decoder(size, channels),
            "second_encoder": Encoder(size, channels, LATENT),
            "discriminator": Encoder(size, channels, 1),
        }
    )


def initialise(net):
    """Weights wider than in training, so that no loss is near a constant; BatchNorm away from the identity."""
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(module.weight, 0.0, 0.1)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.1)
            nn.init.normal_(module.bias, 0.0, 0.1)
            nn.init.normal_(module.running_mean, 0.0, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    # What the test loads has single precision: start from just that.
    return net.float().double()


def burn_names(tensors):
    """PyTorch's names of BatchNorm's parameters as burn has them."""
    renamed = {}
    for name, tensor in tensors.items():
        if name.endswith("num_batches_tracked"):
            continue
        if "norm" in name:
            name = name.replace(".weight", ".gamma").replace(".bias", ".beta")
        renamed[name] = tensor
    return renamed


def parameters(net):
    return burn_names({name: value.detach().clone() for name, value in net.named_parameters()})


def gradients(net):
    return burn_names({name: value.grad.detach().clone() for name, value in net.named_parameters()})


def real(judged):
    return bce(torch.sigmoid(judged), torch.ones_like(judged))


def generated(judged):
    return bce(torch.sigmoid(judged), torch.zeros_like(judged))


def dcgan_losses(net, images, noise):
    generator, judge = net["generator"], net["discriminator"]
    made = generator(noise)
    on_real, on_made = real(judge(images)), generated(judge(made.detach()))
    names = {"generator": real(judge(made)), "discriminator": on_real + on_made}
    return names["generator"], names["discriminator"], names


def ganomaly_losses(net, images, _noise):
    judge = net["discriminator"]
    latent = net["encoder"](images)
    made = net["decoder"](latent)
    second = net["second_encoder"](made)
    adversarial = mse_loss(judge.features(made), judge.features(images).detach())
    contextual = (images - made).abs().mean()
    encoder = mse_loss(second, latent)
    total = adversarial + 50 * contextual + encoder
    discriminator = (real(judge(images)) + generated(judge(made.detach()))) / 2
    names = {
        "generator": total,
        "adversarial": adversarial,
        "contextual": contextual,
        "encoder": encoder,
        "discriminator": discriminator,
    }
    return total, discriminator, names


def train(net, losses, images, noise):
    judge = list(net["discriminator"].parameters())
    others = [p for name, p in net.named_parameters() if not name.startswith("discriminator")]
    optimizers = [torch.optim.Adam(others, **ADAM), torch.optim.Adam(judge, **ADAM)]
    golden = {}
    net.train()
    for step in range(STEPS):
        generator, discriminator, named = losses(net, images[step], noise[step])
        # Both passes come before either update; each loss moves its own network alone.
        slopes = torch.autograd.grad(generator, others, retain_graph=True)
        slopes += torch.autograd.grad(discriminator, judge)
        for parameter, slope in zip(others + judge, slopes):
            parameter.grad = slope
        if step == 0:
            golden |= {f"gradient.{name}": value for name, value in gradients(net).items()}
        for optimizer in optimizers:
            optimizer.step()
        golden |= {f"loss.{step}.{name}": value.detach().reshape(1) for name, value in named.items()}
    return golden | {f"trained.{name}": value for name, value in parameters(net).items()}


def half(net):
    """The net with convolutions whose factors are bfloat16, and all else in 32 bits."""
    net = copy.deepcopy(net).float()
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            product = conv2d if isinstance(module, nn.Conv2d) else conv_transpose2d

            def forward(x, module=module, product=product):
                weight = module.weight.bfloat16()
                return product(x.bfloat16(), weight, None, module.stride, module.padding).float()

            module.forward = forward
    return net


def alternate(net, images, noise):
    """Three steps of the DCGAN in which the generator faces the discriminator that has just learnt."""
    generator, judge = net["generator"], net["discriminator"]
    of_generator, of_judge = (torch.optim.Adam(part.parameters(), **ADAM) for part in (generator, judge))
    net.train()
    for step in range(STEPS):
        made = generator(noise[step])
        of_judge.zero_grad()
        (real(judge(images[step])) + generated(judge(made.detach()))).backward()
        of_judge.step()
        of_generator.zero_grad()
        real(judge(made)).backward()
        of_generator.step()
    return {f"alternated.{name}": value for name, value in parameters(net).items()}


def search(net, images, start):
    net.eval()
    generator, judge = net["generator"], net["discriminator"]
    z = start.clone().requires_grad_()
    adam = torch.optim.Adam([z], lr=SEARCH_LEARNING_RATE, eps=1e-8)
    features = judge.features(images).detach()

    def parts():
        made = generator(z)
        residual = (images - made).abs().flatten(1).sum(1)
        return residual, (features - judge.features(made)).abs().flatten(1).sum(1)

    for _ in range(SEARCH_STEPS):
        residual, discrimination = parts()
        adam.zero_grad()
        ((1 - LAMBDA) * residual + LAMBDA * discrimination).sum().backward()
        adam.step()
    residual, discrimination = parts()
    return {"search.z": z, "search.residual": residual, "search.discrimination": discrimination}


def main():
    folder = Path(__file__).parent
    for size in (16, 32):
        for channels in (1, 3):
            for name, build, losses in (("dcgan", dcgan, dcgan_losses), ("ganomaly", ganomaly, ganomaly_losses)):
                torch.manual_seed(size + channels)
                net = initialise(build(size, channels))
                images = torch.rand(STEPS, BATCH, channels, size, size).double() * 2 - 1
                noise = torch.randn(STEPS, BATCH, LATENT).double()
                weights = burn_names({key: value.clone() for key, value in net.state_dict().items()})
                golden = {"images": images, "noise": noise}
                if name == "dcgan":
                    golden |= search(net, images[0], noise[0])
                    golden |= alternate(copy.deepcopy(net), images, noise)
                halved = train(half(net), losses, images.float(), noise.float())
                golden |= train(net, losses, images, noise)
                files = [("weights", weights), ("golden", golden)]
                if (name, size, channels) == BFLOAT16:
                    files.append(("bf16", {key: halved[key] for key in halved if key.startswith(("loss.0", "gradient"))}))
                for kind, tensors in files:
                    tensors = {key: value.detach().float().contiguous() for key, value in tensors.items()}
                    save_file(tensors, folder / f"{name}-{size}x{channels}-{kind}.safetensors")


if __name__ == "__main__":
    main()
