"""Tones, written and found."""

import wave

import numpy


def write_tone(path, frequency, seconds, rate, channels=1):
    time = numpy.arange(int(seconds * rate)) / rate
    samples = (0.4 * 32767 * numpy.sin(2 * numpy.pi * frequency * time)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(numpy.repeat(samples, channels).tobytes())


def read(path):
    """The first channel, from -1 to 1, and its rate; nothing while the recorder has not written its header."""
    try:
        with wave.open(str(path)) as file:
            rate, channels = file.getframerate(), file.getnchannels()
            octets = file.readframes(10**9)
    except (EOFError, wave.Error):
        return numpy.zeros(0), 8000
    samples = numpy.frombuffer(octets[: len(octets) // (2 * channels) * 2 * channels], "<i2").reshape(-1, channels)[:, 0]
    return samples / 32768, rate


def tone_share(path, frequency):
    """The share of loud tenths of a second in which that tone is the strongest, and how many there were."""
    return share(*read(path), frequency)


def loudness(path):
    """The root mean square of each tenth of a second."""
    samples, rate = read(path)
    size = rate // 10
    return numpy.sqrt(numpy.mean(samples[: len(samples) // size * size].reshape(-1, size) ** 2, axis=1)).tolist()


def share(samples, rate, frequency):
    size = rate // 10
    right = loud = 0
    for start in range(0, len(samples) - size + 1, size):
        window = samples[start : start + size]
        if numpy.sqrt(numpy.mean(window**2)) < 0.01:
            continue
        loud += 1
        spectrum = numpy.abs(numpy.fft.rfft(window * numpy.hanning(size), rate))
        right += abs(int(numpy.argmax(spectrum[50:])) + 50 - frequency) <= 10
    return right / max(loud, 1), loud
