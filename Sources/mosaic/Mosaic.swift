import ArgumentParser

@main struct Mosaic: ParsableCommand {}
