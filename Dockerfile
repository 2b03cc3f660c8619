# One image, four roles: `api`, `worker`, `scheduler`, `migrate` (see docker-compose.yml).
FROM python:3.11-slim
WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY . .
RUN useradd --system --home /app daka && mkdir -p /app/var && chown daka /app/var
USER daka
ENV PYTHONUNBUFFERED=1
EXPOSE 8000
HEALTHCHECK CMD python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"
ENTRYPOINT ["python", "-m", "daka.main"]
CMD ["api", "--host", "0.0.0.0"]
