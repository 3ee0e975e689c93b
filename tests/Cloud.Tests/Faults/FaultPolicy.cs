using System.Diagnostics.CodeAnalysis;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace IpswDiff.Cloud.Tests.Faults;

/// <summary>What happens to one request.</summary>
public enum Fault
{
    None,
    Status409 = 409,
    Status412 = 412,
    Status429 = 429,
    Status500 = 500,
    Status503 = 503,
    CutBefore,
    CutAfter,
    CutBody,
    SlowBody,
}

/// <summary>Lies below the retries of a pipeline and lets requests fail by a plan.</summary>
public sealed class FaultPolicy(Func<Fault> plan) : HttpPipelinePolicy
{
    private int _injected;

    public int Injected => _injected;

    /// <summary>Faults that retries can survive, about one in three requests, by a seed.</summary>
    public static FaultPolicy Passing(int seed)
    {
        var random = new Random(seed);
        Fault[] faults = [Fault.Status429, Fault.Status500, Fault.Status503, Fault.CutBefore, Fault.CutAfter, Fault.CutBody, Fault.SlowBody];
        return new FaultPolicy(() =>
        {
            lock (random)
            {
                return random.Next(3) == 0 ? faults[random.Next(faults.Length)] : Fault.None;
            }
        });
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var fault = Next();
        if (!Before(message, fault))
        {
            ProcessNext(message, pipeline);
            After(message, fault);
        }
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var fault = Next();
        if (!Before(message, fault))
        {
            await ProcessNextAsync(message, pipeline);
            After(message, fault);
        }
    }

    private static bool Before(HttpMessage message, Fault fault)
    {
        if (fault == Fault.CutBefore)
        {
            throw new IOException("the connection was cut before the request");
        }

        if (fault is not (Fault.Status409 or Fault.Status412 or Fault.Status429 or Fault.Status500 or Fault.Status503))
        {
            return false;
        }

        message.Response = new FaultResponse((int)fault, message.Request.ClientRequestId);
        return true;
    }

    private static void After(HttpMessage message, Fault fault)
    {
        if (fault == Fault.CutAfter)
        {
            message.Response.Dispose();
            throw new IOException("the connection was cut before the answer");
        }

        if (fault is Fault.CutBody or Fault.SlowBody && message.Response.ContentStream is { CanSeek: false } body)
        {
            message.Response.ContentStream = new FaultyBody(body, fault == Fault.CutBody ? 5000 : long.MaxValue);
        }
    }

    private Fault Next()
    {
        var fault = plan();
        if (fault != Fault.None)
        {
            Interlocked.Increment(ref _injected);
        }

        return fault;
    }

    private sealed class FaultResponse(int status, string id) : Response
    {
        public override int Status => status;

        public override bool IsError => true;

        public override string ReasonPhrase => "injected";

        public override Stream? ContentStream { get; set; }

        public override string ClientRequestId { get; set; } = id;

        public override void Dispose()
        {
        }

        protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string? value)
        {
            value = null;
            return false;
        }

        protected override bool TryGetHeaderValues(string name, [NotNullWhen(true)] out IEnumerable<string>? values)
        {
            values = null;
            return false;
        }

        protected override bool ContainsHeader(string name) => false;

        protected override IEnumerable<HttpHeader> EnumerateHeaders() => [];
    }

    /// <summary>Gives few bytes at a time, and breaks after some.</summary>
    private sealed class FaultyBody(Stream body, long left) : Stream
    {
        private long _left = left;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = body.Read(buffer, offset, Allowed(count));
            _left -= read;
            return read;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await body.ReadAsync(buffer[..Allowed(buffer.Length)], cancellationToken);
            _left -= read;
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            body.Dispose();
            base.Dispose(disposing);
        }

        private int Allowed(int count)
        {
            if (_left <= 0)
            {
                throw new IOException("the connection was cut in the answer");
            }

            return (int)Math.Min(Math.Min(count, 777), _left);
        }
    }
}
