//! A session whose inputs stay where they were put: what does not change from call to call is copied to the device once.

use ndarray::{ArrayD, ArrayViewD};
use ort::memory::{AllocationDevice, Allocator, AllocatorType, MemoryInfo, MemoryType};
use ort::session::{IoBinding, Session};
use ort::value::{PrimitiveTensorElementType, Tensor};

use crate::model::provider::Provider;

/// A session with bound inputs; outputs come to the host's memory.
pub(in crate::model) struct Bound {
    /// The input that was filled last, whose memory the next call uses again. It goes before its allocator does.
    filled: Option<Tensor<f32>>,
    /// Source of memory for inputs that are filled anew for each call.
    allocator: Allocator,
    binding: IoBinding,
    session: Session,
    host: MemoryInfo<'static>,
}

impl Bound {
    /// A session on a provider, to which nothing is bound yet.
    pub fn new(session: Session, provider: &Provider) -> ort::Result<Self> {
        let binding = session.create_binding()?;
        let host = MemoryInfo::new(AllocationDevice::CPU, 0, AllocatorType::Device, MemoryType::CPUOutput)?;
        let allocator = page_locked(&session, provider).unwrap_or_default();
        Ok(Self { session, binding, host, allocator, filled: None })
    }

    /// Binds a tensor: it is copied to where the provider computes, and is the input `name` of every call from now on, until another
    /// one is bound.
    pub fn bind<T, D>(&mut self, name: &str, values: ndarray::Array<T, D>) -> ort::Result<()>
    where
        T: PrimitiveTensorElementType + std::fmt::Debug + Clone + 'static,
        D: ndarray::Dimension + 'static,
    {
        self.binding.bind_input(name, &Tensor::from_array(values)?)
    }

    /// Binds a copy of the values of the one input that changes with every call, in memory that is kept: to have it anew each time took
    /// longer than to fill it.
    pub fn fill(&mut self, name: &str, values: ArrayViewD<f32>) -> ort::Result<()> {
        let kept = self
            .filled
            .take()
            .filter(|kept| kept.shape().iter().map(|&n| n as usize).eq(values.shape().iter().copied()));
        let mut tensor = match kept {
            Some(tensor) => tensor,
            None => Tensor::new(&self.allocator, values.shape())?,
        };
        tensor.try_extract_array_mut::<f32>()?.assign(&values);
        self.binding.bind_input(name, &tensor)?;
        self.filled = Some(tensor);
        Ok(())
    }

    /// Computes the outputs `names` from the bound inputs, and nothing that only other outputs need.
    pub fn run(&mut self, names: &[String]) -> ort::Result<Vec<ArrayD<f32>>> {
        // Bound anew each time: a buffer that was filled before has the shape of an earlier batch.
        self.binding.clear_outputs();
        for name in names {
            self.binding.bind_output_to_device(name.as_str(), &self.host)?;
        }
        self.binding.synchronize_inputs()?;
        let outputs = self.session.run_binding(&self.binding)?;
        self.binding.synchronize_outputs()?;
        names.iter().map(|name| Ok(outputs[name.as_str()].try_extract_array::<f32>()?.to_owned())).collect()
    }
}

/// Memory of the host from which a graphics card fetches by itself, where the provider has any.
fn page_locked(session: &Session, provider: &Provider) -> Option<Allocator> {
    let (Provider::Cuda { device } | Provider::TensorRt { device }) = provider else { return None };
    let device = i32::try_from(*device).ok()?;
    let memory =
        MemoryInfo::new(AllocationDevice::CUDA_PINNED, device, AllocatorType::Device, MemoryType::CPUInput);
    Allocator::new(session, memory.ok()?).ok()
}
