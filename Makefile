# make demo      the whole way from a recipe to a labelled dataset; needs no network
# make results   the same over real photos: PHOTOS=DIR BACKBONE=NAME WEIGHTS=FILE [FAULTS=none]
# make test      the tests
# make torture   the acceptance tests with the whole crash matrix; writes the table of docs/reliability.md
# make bench     what an image costs, beside img2dataset and Scrapy's own pipeline; 10 minutes;
#                and bench-stages: how fast the stages are, beside Keras, faiss and imagededup; 5 minutes
# make bench-flat   whether the 200,000th image costs what the first does; 15 minutes
# make bench-flat-stages   the same of the stages' memory, up to the 100,000th image; 6 minutes
# make rehearsal   the whole job, about a million URLs of the demo web: hours, and 50 GB in bench/;
#                  SCALE=0.1 for a tenth
# make check     linter, formatter's check, type checker

PYTHON ?= python3
BIN := .venv/bin
CRAWL := $(BIN)/scrapy crawl
POST := $(BIN)/python -m postprocess

DEMO_MODELS := Mustang,F-150,Explorer,Odyssey,Civic,Wrangler,Silverado 1500,Sienna,Camry,Tahoe
DEMO_COLORS := red,blue,white,black

.PHONY: demo results test torture bench bench-stages bench-flat bench-flat-stages rehearsal check clean

.venv/installed: requirements.txt carscrape/requirements.txt carscrape/requirements-browser.txt carscrape/requirements-metrics.txt carscrape/requirements-remote.txt carscrape/requirements-fleet.txt postprocess/requirements.txt postprocess/requirements-ray.txt tests/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else "carscrape needs Python 3.11 to 3.13; choose one: make PYTHON=python3.12")'
	@if command -v uv >/dev/null; then uv venv --quiet --clear --python $(PYTHON) .venv; \
	else $(PYTHON) -m venv --clear .venv || { echo "Debian and Ubuntu keep this apart: apt-get install python3-venv" >&2; exit 1; }; fi
	@uv="$$(command -v uv || { $(BIN)/python -m pip install --quiet uv && echo $(BIN)/uv; })"; \
	if [ -n "$$uv" ]; then "$$uv" pip install --quiet --python $(BIN)/python -r requirements.txt; \
	else $(BIN)/python -m pip install --quiet -r requirements.txt; fi
	@touch $@

demo: .venv/installed
	$(CRAWL) image_search -a recipe=cars -a engines=demo -a "models=$(DEMO_MODELS)" -a colors=$(DEMO_COLORS) -a per_query=50 \
	  -s STORE=demo/store -s DOWNLOAD_DELAY=0.05 -s RETRY_DELAY=1 -s DOWNLOAD_TIMEOUT=10
	$(CRAWL) hitcounts -a engines=demo -a makes=Ford,Honda,Jeep -a limit=60 -s STORE=demo/store
	$(POST) run demo/store --backbone demo
	$(POST) hits demo/store
	$(POST) export demo/store --format folders --to demo/dataset
	$(POST) report demo/store
	$(BIN)/python -m carscrape.demo.truth demo/store --to demo/truth.tsv
	$(POST) score demo/store --truth demo/truth.tsv
	@echo "Look at demo/store/report/index.html and at the pictures in demo/dataset."

PHOTOS := ../shared/images
BACKBONE := MobileNetV2
WEIGHTS := ../shared/weights/mobilenet_v2_imagenet.weights.h5
FAULTS := realistic
RESULTS := demo/photos-$(FAULTS)

results: .venv/installed
	mkdir -p $(RESULTS)
	$(BIN)/python -m carscrape.demo --photos $(PHOTOS) --queries $(RESULTS)/photos.toml
	$(CRAWL) image_search -a recipe=$(RESULTS)/photos.toml -s STORE=$(RESULTS)/store \
	  -s DEMO_PHOTOS=$(PHOTOS) -s DEMO_FAULTS=$(FAULTS) -s DOWNLOAD_DELAY=0.05 -s RETRY_DELAY=1 -s DOWNLOAD_TIMEOUT=10
	$(POST) run $(RESULTS)/store --backbone $(BACKBONE) --weights $(WEIGHTS)
	$(POST) report $(RESULTS)/store
	$(BIN)/python -m carscrape.demo.truth $(RESULTS)/store --to $(RESULTS)/truth.tsv
	$(POST) score $(RESULTS)/store --truth $(RESULTS)/truth.tsv

test: .venv/installed
	$(BIN)/python -m pytest -n 3

# In a venv of its own: nothing of what we are measured against enters ours.
.venv-bench/installed: tests/bench/requirements.txt .venv/installed
	@if command -v uv >/dev/null; then uv venv --quiet --clear --python $(PYTHON) .venv-bench && \
	  uv pip install --quiet --no-deps --python .venv-bench/bin/python -r $<; \
	else $(PYTHON) -m venv --clear .venv-bench && .venv-bench/bin/python -m pip install --quiet --no-deps -r $<; fi
	@touch $@

bench: bench-stages
	$(BIN)/python -m tests.bench

bench-stages: .venv-bench/installed
	$(BIN)/python -m tests.bench stages

bench-flat: .venv/installed
	$(BIN)/python -m tests.bench flat

bench-flat-stages: .venv/installed
	$(BIN)/python -m tests.bench flat-stages

SCALE := 1

rehearsal: .venv/installed
	$(BIN)/python -m tests.bench rehearsal --scale $(SCALE)

torture: .venv/installed
	$(BIN)/python -m pytest -n 3 --torture -m accepts --reliability=docs/reliability.md tests

check: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf .venv .venv-bench demo bench
