# make demo      the whole way from a recipe to a labelled dataset; needs no network
# make results   the same way over real photos: PHOTOS=DIR WEIGHTS=FILE [BACKBONE=NAME]
# make test      the tests
# make check     linter, formatter's check, type checker

PYTHON ?= python3
BIN := .venv/bin
CRAWL := $(BIN)/scrapy crawl
POST := $(BIN)/python -m postprocess

DEMO_MODELS := Mustang,F-150,Explorer,Odyssey,Civic,Wrangler,Silverado 1500,Sienna,Camry,Tahoe
DEMO_COLORS := red,blue,white,black

.PHONY: demo results test check clean

.venv/installed: requirements.txt carscrape/requirements.txt postprocess/requirements.txt tests/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else "carscrape needs Python 3.11 to 3.13; choose one: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv && $(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements.txt \
	  || $(BIN)/python -m pip install --quiet -r requirements.txt
	@touch $@

demo: .venv/installed
	$(CRAWL) image_search -a recipe=cars -a engines=demo -a "models=$(DEMO_MODELS)" -a colors=$(DEMO_COLORS) -a per_query=50 \
	  -s STORE=demo/store -s DOWNLOAD_DELAY=0.05 -s RETRY_DELAY=1 -s DOWNLOAD_TIMEOUT=10
	$(CRAWL) hitcounts -a engines=demo -a limit=60 -s STORE=demo/store
	$(POST) run demo/store --backbone demo
	$(POST) hits demo/store
	$(POST) export demo/store --format folders --to demo/dataset
	$(POST) report demo/store
	$(BIN)/python -m carscrape.demo.truth demo/store --to demo/truth.tsv
	$(POST) score demo/store --truth demo/truth.tsv
	@echo "Look at demo/store/report/index.html and at the pictures in demo/dataset."

test: .venv/installed
	$(BIN)/python -m pytest

check: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf .venv demo
