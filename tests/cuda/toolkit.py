"""NVRTC and the headers that kernels include, wherever this machine has them: in Python's packages or in a toolkit."""

import glob
import os
import re
import sys
from pathlib import Path

# A file of each part that kernels include, and the part's name for people.
NEEDED = {
    "cuda_runtime.h": "the CUDA runtime",
    "cuda_fp16.h": "half precision",
    "cuda_bf16.h": "bfloat16",
    "mma.h": "tensor cores",
    "crt/host_defines.h": "nvcc's crt",
    "cuda/std/cstdint": "CCCL",
}


def folders(patterns):
    """Existing folders of all patterns, the first pattern's first."""
    return list(dict.fromkeys(Path(found) for pattern in patterns for found in sorted(glob.glob(pattern))))


def places():
    packages = [path for path in dict.fromkeys(sys.path) if path.endswith("-packages")]
    named = [os.environ[name] for name in ("CUDA_PATH", "CUDA_HOME") if os.environ.get(name)]
    toolkits = [*named, "/usr/local/cuda", "/usr/local/cuda-*", "/opt/cuda"]
    libraries = [f"{path}/nvidia/*/lib" for path in packages]
    libraries += [f"{path}/{lib}" for path in toolkits for lib in ("lib64", "lib", "targets/*/lib")]
    libraries.append("/usr/lib/*-linux-gnu")
    headers = [f"{path}/nvidia/*/include" for path in packages]
    headers += [f"{path}/{include}" for path in toolkits for include in ("include", "targets/*/include")]
    headers += [f"{path}/triton/backends/nvidia/include" for path in packages]
    # CCCL lies below the other headers, or is CuPy's.
    headers += [f"{path}/cccl" for path in headers]
    headers += [f"{path}/cupy/_core/include/cupy/_cccl/{part}" for path in packages for part in ("libcudacxx", "cub", "thrust")]
    return folders(libraries), folders(headers)


def nvrtcs(libraries):
    """Every NVRTC as (version, folder): its builtins carry the version in their name."""
    found = []
    for folder in libraries:
        for path in folder.glob("libnvrtc-builtins.so.*"):
            version = re.fullmatch(r".*\.so\.(\d+)\.(\d+).*", path.name)
            if version and any(folder.glob("libnvrtc.so*")):
                found.append((tuple(map(int, version.groups())), folder))
    return found


def driver_version(said):
    """The newest CUDA that the driver knows, as `nvidia-smi` says."""
    version = re.search(r"CUDA Version:\s*(\d+)\.(\d+)", said)
    return tuple(map(int, version.groups())) if version else None


def link(to, source):
    if not to.exists():
        to.unlink(missing_ok=True)
        to.symlink_to(source)


def assemble(folder, nvidia_smi, tell):
    """Puts links to NVRTC and headers into `folder`, as a toolkit has them. Gives back the settings of the environment
    under which kernels find them; what is missing is told."""
    libraries, headers = places()
    found = nvrtcs(libraries)
    driver = driver_version(nvidia_smi)
    for version, place in found:
        tell(f"NVRTC {version[0]}.{version[1]} in {place}")
    # A driver does not load what a newer NVRTC has compiled.
    fitting = [each for each in found if not driver or each[0] <= driver]
    if not found:
        tell(f"no NVRTC (libnvrtc.so) in {', '.join(map(str, libraries))}")
        return {}
    version, library = max(fitting or found, key=lambda each: each[0])
    if not fitting:
        tell(f"the driver knows CUDA {driver[0]}.{driver[1]} at most, and every NVRTC here is newer")
    (folder / "lib").mkdir(parents=True, exist_ok=True)
    (folder / "include" / "cccl").mkdir(parents=True, exist_ok=True)
    for path in library.glob("libnvrtc*.so*"):
        link(folder / "lib" / path.name, path)
    link(folder / "lib" / "libnvrtc.so", min(library.glob("libnvrtc.so*"), key=lambda path: len(path.name)))
    # Headers that lie beside the library have its version.
    root = library.parent
    headers.sort(key=lambda path: not path.is_relative_to(root))
    for place in headers:
        is_cccl = (place / "cuda" / "std").is_dir() or (place / "cub").is_dir() or (place / "thrust").is_dir()
        for path in place.iterdir():
            if path.name != "cccl":
                link(folder / "include" / "cccl" / path.name if is_cccl else folder / "include" / path.name, path)
    for name, part in NEEDED.items():
        where = [folder / "include" / name, folder / "include" / "cccl" / name]
        there = next((path for path in where if path.exists()), None)
        tell(f"{part}: {there.resolve()}" if there else f"{part} ({name}) is missing in {', '.join(map(str, headers))}")
    inherited = os.environ.get("LD_LIBRARY_PATH")
    paths = [str(folder / "lib"), str(library), *([inherited] if inherited else [])]
    tell(f"taken: NVRTC {version[0]}.{version[1]} of {library}")
    return {"CUDA_PATH": str(folder), "LD_LIBRARY_PATH": ":".join(paths)}
