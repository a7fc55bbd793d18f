"""Every setting of the server: its default, its unit in its name, one line of help.

Settings are read once, from ``SWATH_*`` environment variables and one optional TOML file named by ``SWATH_CONFIG``
(the environment wins), and are passed from there; nothing reads the environment in a request.
"""

from __future__ import annotations

import os
import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

Names = Annotated[tuple[str, ...], NoDecode]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode]
Secrets = Annotated[tuple[SecretStr, ...], NoDecode]

SECRET_BYTES_MIN = 16


class Settings(BaseSettings):
    """Configuration of one server process; a field ``x_mb`` counts MiB (1 048 576 bytes), ``x_s`` seconds."""

    # An error about a setting does not show its value, which may be a secret.
    model_config = SettingsConfigDict(env_prefix="SWATH_", frozen=True, extra="forbid", hide_input_in_errors=True)

    # Where pixels may come from.
    data_root: Path | None = Field(
        None, description="Folder whose files `url=` and hrefs may name. Unset: no local file is readable."
    )
    allow_hosts: Names = Field(
        (), description="Comma-separated `host[:port]` that may be read although their address is private or loopback."
    )
    allow_cidrs: Networks = Field(
        (), description="Comma-separated private address ranges that may be read, such as `10.1.0.0/16`."
    )
    allow_sources: Names = Field(
        (), description="Comma-separated URL prefixes such as `https://host/path/`. When set, nothing else is read."
    )

    # What reading may cost.
    item_max_mb: float = Field(8, gt=0, description="Largest STAC document that is read.")
    item_timeout_s: float = Field(8, gt=0, description="Time for one STAC document, redirects included.")
    upstream_timeout_s: float = Field(
        5, gt=0, description="Longest silence of an upstream: to connect, and between two chunks."
    )
    redirects_max: int = Field(3, ge=0, description="Redirect hops followed, each judged like a first address.")
    tile_deadline_s: float = Field(15, gt=0, description="Time for one tile, point, TileJSON, info or bounds.")
    crop_deadline_s: float = Field(30, gt=0, description="Time for one crop or preview.")
    tile_bytes_mb: float = Field(
        64, gt=0, description="Bytes one tile, point, TileJSON, info or bounds may read from upstream."
    )
    crop_bytes_mb: float = Field(256, gt=0, description="Bytes one crop or preview may read from upstream.")
    rangeless_max_mb: float = Field(16, gt=0, description="Largest file read whole from a server that ignores Range.")
    assets_max: int = Field(
        16, ge=1, description="Assets read for one picture, array or point; info and bounds describe up to 64."
    )
    tile_size_max: int = Field(1024, ge=1, description="Widest tile, in pixels.")
    crop_size_max: int = Field(2048, ge=1, description="Widest or highest picture of a crop or preview, in pixels.")
    array_size_max: int = Field(
        4096, ge=1, description="Widest or highest array (npy, npz, tif) of a crop or preview, in pixels."
    )
    answer_max_mb: float = Field(
        64,
        gt=0,
        description="Pixels of one answer before encoding: columns x rows x bands; a tif or jp2 may have half.",
    )
    touched_pixels_max: float = Field(
        1e8,
        gt=0,
        description="Source pixels read for one asset of an answer; only rasters without overviews come near.",
    )
    measured_pixels_max: float = Field(
        5e7,
        gt=0,
        description="Pixels of all bands that are measured for the features of one collection: about 6 s of work.",
    )
    blocks_max_mb: float = Field(
        128, gt=0, description="Blocks that are decoded at the same time for one answer: one of each asset at least."
    )
    source_pixels_max: float = Field(4e10, gt=0, description="Largest raster that is opened, in pixels.")

    series_deadline_s: float = Field(
        120,
        gt=0,
        description="Time for one time series, of which what was measured until then is given, and told to be not all; "
        "and for one animation.",
    )
    series_bytes_mb: float = Field(1024, gt=0, description="Bytes one time series or animation may read from upstream.")
    animation_frames_max: int = Field(
        120, ge=1, description="Frames of one animation; of more the earliest are drawn, and told to be not all."
    )
    animation_pixels_max: float = Field(
        2.5e7,
        gt=0,
        description="Pixels of one animation: columns x rows x frames; a GIF takes 4 bytes each.",
    )

    mosaic_scenes_max: int = Field(
        64, ge=1, description="Scenes that one picture of a search reads; the others are left out, and that is told."
    )

    # What one export may cost.
    export_tiles_max: int = Field(1_000_000, ge=1, description="Tiles of one export, with those that show nothing.")
    export_max_mb: float = Field(
        16384, gt=0, description="Largest export: pixels of a COG before they are compressed, or bytes of all tiles."
    )

    # What one search may cost.
    search_items_max: int = Field(1000, ge=1, description="Scenes that one search finds; more are left out, and told.")
    search_pages_max: int = Field(100, ge=1, description="Pages of items that one search reads.")
    search_documents_max: int = Field(
        2000, ge=1, description="Documents of a static catalogue or a folder that one search reads."
    )
    search_bytes_mb: float = Field(64, gt=0, description="Bytes of documents that one search reads.")
    search_timeout_s: float = Field(
        20, gt=0, description="Time for one search; what was found until then is given, and told to be not all."
    )
    search_dir: Path | None = Field(
        None,
        description="Folder in which the workers keep searches by their ids. Unset: a temporary one, so that ids are "
        "forgotten when the server ends.",
    )
    search_kept_max: int = Field(
        4096, ge=1, description="Searches kept there; those that were asked for longest ago go."
    )
    search_kept_mb: float = Field(64, gt=0, description="Bytes that they take there.")

    # Work on many scenes; see docs/jobs.md.
    jobs_dir: Path | None = Field(
        None,
        description="Folder in which the workers keep jobs (`/jobs`) and their results. Unset: there are no jobs.",
    )
    jobs_at_once: int = Field(1, ge=1, description="Jobs that all workers together run at the same time.")
    jobs_processes: int | None = Field(
        None, ge=1, description="Processes that work on one job, or one `swath timeseries`. Unset: one per core."
    )
    jobs_waiting_max: int = Field(16, ge=1, description="Jobs that wait for their turn; more are refused.")
    jobs_timeout_s: float = Field(3600, gt=0, description="Time for one job, its waiting left out.")
    jobs_result_mb: float = Field(64, gt=0, description="Bytes of the result of one job, and of the scenes it reads.")
    jobs_kept_max: int = Field(256, ge=1, description="Jobs that are kept; those that ended longest ago go.")
    jobs_kept_mb: float = Field(512, gt=0, description="Bytes that they take.")
    jobs_kept_s: float = Field(604_800, gt=0, description="How long a job is kept when it has ended: a week.")
    dask_scheduler: str | None = Field(
        None,
        description="Address of a Dask scheduler such as `tcp://10.1.0.5:8786`, whose workers do what processes of "
        "this machine do otherwise.",
    )

    # What is done at the same time, by each worker.
    requests_max: int = Field(
        256, ge=2, description="Requests per worker that read pixels at the same time; one host gets at most half."
    )
    memory_max_mb: float | None = Field(
        None,
        gt=0,
        description="Memory of all workers together; from 80 % on nothing is kept and nobody admitted, above 90 % a "
        "worker is replaced. Unset: the limit of the container, else the machine's memory.",
    )
    queue_max_s: float = Field(
        5, gt=0, description="Longest wait for a place or a thread; who would wait longer gets 503 at once."
    )

    # Who may hold a connection, to each worker.
    head_timeout_s: float = Field(10, gt=0, description="Time for the line and headers of a request to come.")
    body_timeout_s: float = Field(10, gt=0, description="Time for the body of a request to come.")
    idle_timeout_s: float = Field(5, gt=0, description="How long a connection is kept for the next request.")
    unread_timeout_s: float = Field(
        10, gt=0, description="How long an answer waits for a client who does not take 64 KiB of it."
    )
    head_max_kb: float = Field(32, gt=0, description="Largest request line and headers, in KiB.")
    body_max_mb: float = Field(2, gt=0, description="Largest body of a request.")
    features_max: int = Field(1000, ge=1, description="Features of a GeoJSON collection that is measured.")
    vertices_max: int = Field(10_000, ge=4, description="Points of all shapes of a GeoJSON body together.")
    connections_max: int = Field(
        800, ge=1, description="Open connections per worker; more are answered 503 and closed at once."
    )

    # How a worker ends, on SIGTERM, SIGINT or when it is replaced.
    drain_pause_s: float = Field(
        2, ge=0, description="How long all is still answered, but for `/readyz`, so that load balancers look elsewhere."
    )
    drain_s: float = Field(
        15, gt=0, description="How long requests in flight may then take; three seconds later the process is gone."
    )

    # What is kept, by each worker for itself.
    cache_searches_mb: float = Field(
        64, ge=0, description="Memory per worker for the scenes that searches found; 0 switches the cache off."
    )
    cache_searches_ttl_s: float = Field(
        60, ge=0, description="How long they are taken as all that there are: a map asks for them with every tile."
    )
    cache_items_mb: float = Field(64, ge=0, description="Memory per worker for STAC items; 0 switches the cache off.")
    cache_items_ttl_s: float = Field(300, ge=0, description="How long an item is taken as fresh.")
    cache_headers_mb: float = Field(
        64,
        ge=0,
        description="Memory per worker for the first bytes of rasters, as much again for headers and block tables; "
        "0 switches both off.",
    )
    cache_blocks_mb: float = Field(
        256, ge=0, description="Memory per worker for decoded blocks; 0 switches the cache off."
    )
    cache_answers_mb: float = Field(
        64, ge=0, description="Memory per worker for finished answers; 0 renders every request anew."
    )
    driver: Literal["auto", "gdal"] = Field(
        "auto", description="`gdal` reads everything with the general driver, the reference for the fast one."
    )

    # Who may ask, and how much; see docs/access.md.
    signing_keys: Secrets = Field(
        (),
        repr=False,
        description="Comma-separated secrets of 16 characters or more: only signed URLs (or API keys) are answered. "
        "The first one signs, all verify.",
    )
    api_keys: Names = Field(
        (),
        description="Comma-separated entries `name:sha256-hex[:scope+scope[:units per minute]]`, as `swath key new` "
        "prints them: only requests with one of these keys (or signed URLs) are answered.",
    )
    api_keys_file: Path | None = Field(
        None, description="File with such entries, one a line, `#` before a comment; read at start."
    )
    rate_limit: float | None = Field(
        None,
        gt=0,
        description="Units per minute for each key, else for each client address; a unit is a tile of 256 x 256 pixels "
        "of one asset. Unset: no limit.",
    )
    rate_burst: float | None = Field(
        None, gt=0, description="Units that may be used at once. Unset: those of a minute."
    )
    public: bool = Field(
        False, description="Anyone is meant to ask for any source: no warning at start that nothing keeps them out."
    )
    workers: int | None = Field(
        None, ge=1, description="Processes of `swath serve`, unless `--workers` says otherwise. Unset: one per core."
    )

    # How the server shows itself.
    public_url: str | None = Field(
        None, description="Base of every absolute URL in answers, such as `https://tiles.example.com/swath`."
    )
    trusted_proxies: Networks = Field(
        (ip_network("127.0.0.0/8"), ip_network("::1/128")),
        description="Comma-separated addresses of proxies whose `Forwarded` and `X-Forwarded-*` headers are believed.",
    )
    cache_control: str = Field("public, max-age=3600", description="`Cache-Control` of tiles and pictures.")
    empty_tile: Literal["404", "blank", "204"] = Field(
        "404", description="Answer to a tile without data when `empty=` is not given."
    )
    log: Literal["auto", "json", "text", "off"] = Field(
        "auto",
        description="Form of the log on standard error: `json`, or `text` for a person; `auto` is text on a terminal, "
        "else JSON. `off` leaves the lines of requests out.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info",
        description="Least level of a line. Failures of sources are warnings, bugs errors; probes are told by `debug`.",
    )
    tms_folder: Path | None = Field(
        None,
        description="Folder of tile matrix sets (`*.json`, OGC 17-083r4) that `tms` may name besides the usual ones; "
        "read at start.",
    )
    strict: bool = Field(False, description="Refuse unknown query parameters instead of ignoring them with a note.")
    sample: bool = Field(False, description="Serve the sample catalogue (`swath serve --sample`).")
    sample_dir: Path | None = Field(
        None, description="Folder of the generated sample catalogue. Unset: the user's cache folder."
    )

    @field_validator("allow_hosts", "allow_sources", "api_keys", "signing_keys", mode="before")
    @classmethod
    def _split_names(cls, value: object) -> object:
        return _split(value)

    @field_validator("allow_cidrs", "trusted_proxies", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        parts = _split(value)
        return [ip_network(part, strict=False) if isinstance(part, str) else part for part in parts]

    @field_validator("signing_keys")
    @classmethod
    def _require_long(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(secret.get_secret_value().encode()) < SECRET_BYTES_MIN for secret in value):
            raise ValueError(f"a secret is shorter than {SECRET_BYTES_MIN} characters; openssl rand -hex 32 makes one")
        return value

    @field_validator("public_url")
    @classmethod
    def _require_url(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value):
            raise ValueError("must be an http or https URL without query, such as https://tiles.example.com/swath")
        return value

    @field_validator("dask_scheduler")
    @classmethod
    def _require_address(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"(tcp|tls)://[^\s/@]+:[0-9]+", value):
            raise ValueError("must be the address of a scheduler, such as tcp://10.1.0.5:8786 or tls://10.1.0.5:8786")
        return value

    @field_validator("cache_control")
    @classmethod
    def _require_header(cls, value: str) -> str:
        if not (value.isascii() and value.isprintable()):
            raise ValueError("must be printable ASCII, such as public, max-age=3600")
        return value

    @field_validator("data_root", "tms_folder")
    @classmethod
    def _require_folder(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is not None and not value.is_dir():
            raise ValueError(f"SWATH_{(info.field_name or '').upper()}={value} is not a folder")
        return value.resolve() if value else None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order of precedence: arguments, environment, the TOML file that ``SWATH_CONFIG`` names."""
        sources: list[PydanticBaseSettingsSource] = [init_settings, env_settings]
        if config := os.environ.get("SWATH_CONFIG"):
            if not Path(config).is_file():
                raise ValueError(f"SWATH_CONFIG={config} is not a file")
            sources.append(TomlConfigSettingsSource(settings_cls, Path(config)))
        return tuple(sources)


def _split(value: object) -> list[object]:
    """Turn ``"a, b"`` into ``["a", "b"]``; a sequence stays one."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return list(value) if isinstance(value, (list, tuple)) else [value]
