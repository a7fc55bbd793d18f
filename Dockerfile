# Two stages: one installs as locked into /opt/swath, the other carries only that.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/swath
COPY requirements.lock ./
RUN /opt/swath/bin/pip install --no-cache-dir --only-binary :all: --require-hashes -r requirements.lock
COPY pyproject.toml LICENSE README.md ./
COPY app app
# The server needs neither pip nor the build backend.
RUN /opt/swath/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
    && /opt/swath/bin/pip check \
    && /opt/swath/bin/pip uninstall --yes flit-core pip

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="Swath" \
      org.opencontainers.image.description="Tile server for STAC items and cloud-optimised GeoTIFFs" \
      org.opencontainers.image.licenses="MIT"
# rasterio's wheel brings its libraries but for libexpat, and the slim image has none. Its newest patch is wanted, so no version:
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libexpat1 \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner 10001 --group 10001 /var/cache/swath
COPY --from=build /opt/swath /opt/swath
# One thread per worker process for numpy and numexpr: the workers are the parallelism.
ENV PATH=/opt/swath/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OPENBLAS_NUM_THREADS=1 \
    OMP_NUM_THREADS=1 \
    NUMEXPR_NUM_THREADS=1 \
    SWATH_SAMPLE_DIR=/var/cache/swath/sample
# Besides it only /tmp is written (counters of a few kB, and searches: SWATH_SEARCH_KEPT_MB), so the root file system may be read-only with a tmpfs there.
VOLUME ["/var/cache/swath"]
WORKDIR /var/cache/swath
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=120s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/livez', timeout=2)"]
ENTRYPOINT ["swath"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
